/** What the built-in shop sells next: which product, and how many of it. */
import { GUEST } from '../../orders/order-block.js';
import { hash, type Random } from '../../random.js';
import { FAVOURITES, QUANTITIES, type Shop } from './shop.js';
import type { ShopTime } from './shop-calendar.js';

/** Of 1,000 lines: a product that goes with another in the basket; one that everybody talks about; … */
const COMPANION = 170;
const TREND = 30;
/** … one that sells well this month. The rest are a customer's favourites. */
const BESTSELLER = 80;
/** Products that are talked about at a time, and for how many days each. */
const TRENDS = 8;
const TREND_DAYS = 24;

/** The part of an invoice that a choice depends on. */
export interface Basket {
  readonly customer: number;
  readonly count: number;
  /** Products so far; the column may be longer. */
  readonly products: Uint16Array;
}

export interface Choice {
  /** `isAnyones` if favourites don't count. */
  productOf(basket: Basket, time: ShopTime, isAnyones: boolean): number;
  quantityOf(product: number, customer: number): number;
}

/** Draws from `random`. */
export function createChoice(
  shop: Shop,
  random: Random,
  { trendKey, habitKey }: { readonly trendKey: number; readonly habitKey: number },
): Choice {
  /** Each of the trends gives way to another on days of its own. */
  function trend(place: number, day: number): number {
    const turn = Math.floor((day + (place * TREND_DAYS) / TRENDS) / TREND_DAYS);
    return hash(trendKey, turn * TRENDS + place) % shop.productCount;
  }

  return {
    productOf({ customer, count, products: chosen }, { day, month }, isAnyones) {
      const chance = random.below(1000);
      if (chance < COMPANION && count > 0) {
        const { companions } = shop.product(chosen[random.below(count)] as number);
        if (companions.length > 0) return companions[random.below(companions.length)] as number;
      }
      if (chance < COMPANION + TREND && chance >= COMPANION) return trend(random.below(TRENDS), day);
      if (!isAnyones && chance >= COMPANION + TREND + BESTSELLER) {
        // The lower of two draws: the first favourites come up most.
        const favourite = shop.favourite(customer, Math.min(random.below(FAVOURITES), random.below(FAVOURITES)));
        if (shop.isInSeason(favourite, month, random.below(256))) return favourite;
      }
      return shop.bestseller(month, random.bits(), random.bits());
    },
    quantityOf(product, customer) {
      const { quantities, guestQuantities } = shop.product(product);
      if (customer === GUEST) return guestQuantities[random.below(QUANTITIES)] as number;
      // Half of the time as many as this customer buys of most products.
      const habit = hash(habitKey, customer) + random.below(QUANTITIES >> 3);
      return quantities[random.below(2) === 0 ? habit % QUANTITIES : random.below(QUANTITIES)] as number;
    },
  };
}
