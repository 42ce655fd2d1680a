/**
 * Arrival times follow the clock, and clocks step: one may be a day ahead and then be set right. Arrivals wait for a clock that is
 * behind by no more than this, so that times do not fall where clocks differ a little. For a whole day they can't wait: all its
 * orders would have arrived at once. So by more than this they do fall, and sequence numbers alone say what came first.
 */
export const CLOCK_STEP_MS = 5000;
