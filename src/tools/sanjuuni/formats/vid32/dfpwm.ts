const LOUDEST = 127
const QUIETEST = -128
const LEAST_STRENGTH = 8
const MOST_STRENGTH = 1023

/**
 * DFPWM1a of unsigned bytes, a bit a sample, for a decoder that has heard nothing before. Players of a combined stream
 * take a new decoder for each chunk, and one that starts with another strength than the encoder keeps the difference.
 */
export function encodeDfpwm(samples: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(Math.ceil(samples.length / 8))
  let charge = 0
  let strength = 0
  let lastTarget = QUIETEST
  for (let at = 0; at < encoded.length * 8; at++) {
    const level = at < samples.length ? samples[at]! - 128 : 0
    const target = level > charge || (level === charge && level === LOUDEST) ? LOUDEST : QUIETEST
    if (target === LOUDEST) encoded[at >> 3]! |= 1 << (at & 7)

    const moved = charge + ((strength * (target - charge) + 512) >> 10)
    charge = moved === charge && moved !== target ? moved + Math.sign(target - moved) : moved
    const goal = target === lastTarget ? MOST_STRENGTH : 0
    strength = Math.max(LEAST_STRENGTH, strength + Math.sign(goal - strength))
    lastTarget = target
  }
  return encoded
}
