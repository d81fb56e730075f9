/** The fractional part of the golden ratio: its multiples are spread evenly, and so are those of every nth turn. */
const STEP = 0.618_033_988_749_894_9;
const SHARE = 1 / 8;

/**
 * Says true once in some eight turns, for work that need not be done each time. Whoever comes around at regular
 * turns gets the same share, which a plain count would not promise.
 */
export function createNowAndThen(): () => boolean {
  let place = 0;
  return () => {
    place = (place + STEP) % 1;
    return place < SHARE;
  };
}
