/**
 * Scores of all products for one customer, by what else than factors speaks for them. Every function gets addresses in a memory;
 * all numbers are exact doubles, so that a score is the same to the last bit wherever it is reckoned.
 */

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function index<T>(array: usize, i: u32): u32 {
  return load<T>(array + i * sizeof<T>()) as u32;
}

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function number(array: usize, i: u32): f64 {
  return load<f64>(array + (i << 3));
}

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function add(array: usize, i: u32, value: f64): void {
  const at = array + (i << 3);
  store<f64>(at, load<f64>(at) + value);
}

/** In `common`, counts of each customer how many of the `count` products `own` the customer bought. */
// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function countCommon<T>(own: usize, count: u32, starts: usize, buyers: usize, common: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const product = index<u32>(own, i);
    const end = index<u32>(starts, product + 1);
    for (let j = index<u32>(starts, product); j < end; j++) add(common, index<T>(buyers, j), 1);
  }
}

/**
 * Adds to `scores` what customers vote for who have something in common with the one: the products of their invoices of the last
 * `recentDays` days before `today`, each weighted with similarity × decay(age in days).
 */
// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function addVotes<T>(
  common: usize,
  count: u32,
  sizes: usize,
  customers: u32,
  invoices: usize,
  days: usize,
  starts: usize,
  items: usize,
  today: i32,
  recentDays: i32,
  decay: usize,
  scores: usize,
): void {
  for (let customer: u32 = 0; customer < customers; customer++) {
    const shared = number(common, customer);
    if (shared == 0) continue;
    const similarity = shared / Math.sqrt((count as f64) * (index<u32>(sizes, customer) as f64));
    const first = index<u32>(invoices, customer);
    for (let i = index<u32>(invoices, customer + 1); i > first; ) {
      i--;
      const age = today - (index<u32>(days, i) as i32);
      if (age > recentDays) break;
      if (age <= 0) continue;
      const vote = similarity * number(decay, age);
      const end = index<u32>(starts, i + 1);
      for (let j = index<u32>(starts, i); j < end; j++) add(scores, index<T>(items, j), vote);
    }
  }
}

/**
 * Votes of similar customers, without `self` (-1 for nobody), into `scores` and by way of `common`, which are all 0 before.
 * An index in `buyers` has `buyerBytes`, one in `items` has `itemBytes`.
 */
export function neighbours(
  buyerBytes: u32,
  itemBytes: u32,
  own: usize,
  count: u32,
  buyerStarts: usize,
  buyers: usize,
  sizes: usize,
  customers: u32,
  invoices: usize,
  days: usize,
  starts: usize,
  items: usize,
  self: i32,
  today: i32,
  recentDays: i32,
  decay: usize,
  common: usize,
  scores: usize,
): void {
  if (buyerBytes == 2) countCommon<u16>(own, count, buyerStarts, buyers, common);
  else countCommon<u32>(own, count, buyerStarts, buyers, common);
  if (self >= 0) store<f64>(common + (self << 3), 0);
  if (itemBytes == 2) addVotes<u16>(common, count, sizes, customers, invoices, days, starts, items, today, recentDays, decay, scores);
  else addVotes<u32>(common, count, sizes, customers, invoices, days, starts, items, today, recentDays, decay, scores);
}

/** Of each of `count` products, its vector of words · the profile. */
export function words(starts: usize, columns: usize, values: usize, profile: usize, count: u32, scores: usize): void {
  for (let product: u32 = 0; product < count; product++) {
    let score: f64 = 0;
    const end = index<u32>(starts, product + 1);
    for (let i = index<u32>(starts, product); i < end; i++) score += number(values, i) * number(profile, index<u32>(columns, i));
    store<f64>(scores + (product << 3), score);
  }
}

/** Divides the values by their standard deviation; values that are all the same stay. */
export function divideByDeviation(values: usize, count: u32): void {
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = number(values, i);
    sum += value;
    squares += value * value;
  }
  const mean = sum / (count as f64);
  const deviation = Math.sqrt(Math.max(0, squares / (count as f64) - mean * mean));
  if (deviation == 0) return;
  for (let i: u32 = 0; i < count; i++) store<f64>(values + (i << 3), number(values, i) / deviation);
}
