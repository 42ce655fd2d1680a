/** Exact sums of money. */

export interface Sum {
  /** Adds `quantity` times the decimal string `price`. Throws if `price` is not a decimal. */
  add(quantity: number, price: string): void;
  /** A decimal string with as many places as it needs. */
  toString(): string;
}

/** Decimal places that are summed as integers. A price with more places is summed separately. */
const PLACES = 4;
const SCALE = 10 ** PLACES;

export function createSum(): Sum {
  /** The sum in ten-thousandths, as long as a number holds it exactly. */
  let small = 0;
  let large = 0n;
  /** Sums of prices with more places, by the number of places. */
  const finer = new Map<number, bigint>();

  function add(quantity: number, price: string): void {
    if (!/^-?\d+(\.\d+)?$/.test(price)) throw new RangeError(`not a decimal: ${JSON.stringify(price)}`);
    const dot = price.indexOf('.');
    const places = dot < 0 ? 0 : price.length - dot - 1;
    const scaled = places > PLACES ? Number.NaN : Math.round(Number(price) * SCALE);
    const product = quantity * scaled;
    if (Number.isSafeInteger(scaled) && Number.isSafeInteger(product) && Math.abs(scaled) < 2 ** 46) {
      if (!Number.isSafeInteger(small + product)) {
        large += BigInt(small);
        small = 0;
      }
      small += product;
      return;
    }
    const digits = BigInt(price.replace('.', ''));
    finer.set(places, (finer.get(places) ?? 0n) + digits * BigInt(quantity));
  }

  return {
    add,
    toString() {
      const most = Math.max(PLACES, ...finer.keys());
      let total = (large + BigInt(small)) * 10n ** BigInt(most - PLACES);
      for (const [places, sum] of finer) total += sum * 10n ** BigInt(most - places);
      const digits = (total < 0n ? -total : total).toString().padStart(most + 1, '0');
      const fraction = digits.slice(-most).replace(/0+$/, '');
      return `${total < 0n ? '-' : ''}${digits.slice(0, -most)}${fraction && `.${fraction}`}`;
    },
  };
}

/** A decimal without zeros that say nothing: `-0012.50` is `-12.5`, and `-0.0` is `0`. */
export function plainDecimal(decimal: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(decimal) as unknown as string[];
  const digits = `${whole || '0'}${fraction && `.${fraction}`}`;
  return digits === '0' ? '0' : sign + digits;
}
