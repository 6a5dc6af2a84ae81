export const BAYER_SIZE = 8
export const BAYER_LEVELS = BAYER_SIZE * BAYER_SIZE

/** The order in which the pixels of an 8×8 square turn on as it gets brighter, row by row. */
export const BAYER = Uint8Array.from({ length: BAYER_LEVELS }, (_, at) => {
  const x = at % BAYER_SIZE
  const y = Math.trunc(at / BAYER_SIZE)
  return [0, 1, 2].reduce((level, bit) => level << 2 | ((x ^ y) >> bit & 1) << 1 | y >> bit & 1, 0)
})
