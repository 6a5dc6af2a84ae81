import { expect, test } from 'vitest'
import { decodeDfpwm } from '../../../../../test/sanjuuni/decode-dfpwm.ts'
import { encodeDfpwm } from './dfpwm.ts'

const CHUNK = 24000

function music(samples: number): Uint8Array {
  return Uint8Array.from({ length: samples }, (_, at) => {
    const seconds = at / 48000
    const tones = [[220, 60], [1310, 30], [55, 12]].map(([hertz, level]) => level! * Math.sin(2 * Math.PI * hertz! * seconds))
    return 128 + tones.reduce((sum, tone) => sum + tone, 0)
  })
}

/** In decibels, against the loudest there can be. */
function faithfulness(samples: Uint8Array, heard: readonly number[]): number {
  const error = samples.reduce((sum, sample, at) => sum + (sample - 128 - heard[at]!) ** 2, 0) / samples.length
  return 10 * Math.log10(127 ** 2 / error)
}

test('each chunk sounds right to a decoder that begins with it', () => {
  const samples = music(3 * CHUNK)
  const chunks = [0, 1, 2].map((chunk) => samples.subarray(chunk * CHUNK, (chunk + 1) * CHUNK))
  const heard = chunks.flatMap((chunk) => decodeDfpwm(encodeDfpwm(chunk)))
  expect(heard).toHaveLength(samples.length)
  expect(faithfulness(samples, heard)).toBeGreaterThan(26)
})

test('silence stays silent', () => {
  const heard = decodeDfpwm(encodeDfpwm(new Uint8Array(CHUNK).fill(128)))
  expect(Math.max(...heard.map(Math.abs))).toBeLessThanOrEqual(2)
})

test('the last byte is filled with silence', () => {
  const samples = new Uint8Array(13).fill(255)
  expect(encodeDfpwm(samples)).toEqual(encodeDfpwm(Uint8Array.from({ length: 16 }, (_, at) => samples[at] ?? 128)))
})
