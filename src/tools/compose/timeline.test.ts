import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { framesOf, makeTimeline, splitTimeline, type Clip, type TimelineOptions } from './timeline.ts'

const OPTIONS: TimelineOptions = {
  framesPerSecond: 30, frames: 300, order: 'sequential', clipFrames: 90, transition: 'none', transitionFrames: 15, movesStills: true, seed: 1,
}

function film(input: number, seconds: number | undefined, startSeconds = 0): Clip {
  return { input, kind: 'film', startSeconds, seconds, framesPerSecond: 25, pixels: 1, hasSound: true }
}

function still(input: number): Clip {
  return { input, kind: 'still', startSeconds: 0, seconds: undefined, framesPerSecond: undefined, pixels: 1, hasSound: false }
}

const shown = (clips: readonly Clip[], options: Partial<TimelineOptions>) =>
  makeTimeline(clips, { ...OPTIONS, ...options }).map(({ clip, startSeconds, frames }) => [clip.input, startSeconds, frames])

describe('which clip is shown when', () => {
  test('clips are taken again from where they were left, until the film is full', () => {
    expect(shown([film(0, 8), film(1, 3.2)], {})).toEqual([[0, 0, 90], [1, 0, 90], [0, 3, 90], [1, 0, 30]])
  })

  test('each clip is shown once where nothing says how long the film is', () => {
    expect(shown([film(0, 8), still(1), film(2, 2)], { frames: undefined, clipFrames: undefined })).toEqual([[0, 0, 240], [1, 0, 150], [2, 0, 60]])
    expect(shown([film(0, 8), still(1)], { frames: undefined })).toEqual([[0, 0, 90], [1, 0, 90]])
  })

  test('a part of a clip begins where it was said to', () => {
    expect(shown([film(0, 4, 10)], { frames: 200 })).toEqual([[0, 10, 90], [0, 13, 30], [0, 10, 80]])
  })

  test('of a last clip that would be gone at once, the one before gives half', () => {
    expect(shown([film(0, 8), film(1, 8)], { frames: 94 })).toEqual([[0, 0, 47], [1, 0, 47]])
  })

  test('a clip that is over in a moment is shown over and over', () => {
    const [first] = makeTimeline([film(0, 0.4)], OPTIONS)
    expect(first).toMatchObject({ isLooped: true, frames: 90 })
  })

  test('at random no part is shown twice in a row', () => {
    for (let seed = 0; seed < 50; seed++) {
      const row = shown([film(0, 3), film(1, 3), still(2)], { frames: 1500, order: 'random', seed }).map(([input]) => input)
      expect(row.some((input, index) => input === row[index - 1])).toBe(false)
    }
  })

  test('the same seed shows the same film, and another one another', () => {
    const clips = [film(0, 9), film(1, 9), film(2, 9), still(3)]
    const of = (seed: number) => JSON.stringify(makeTimeline(clips, { ...OPTIONS, order: 'random', transition: 'shuffle', seed }))
    expect(of(7)).toBe(of(7))
    expect(new Set([1, 2, 3, 4, 5].map(of)).size).toBe(5)
  })
})

const anyClip = fc.record({ isStill: fc.boolean(), seconds: fc.option(fc.double({ min: 0.04, max: 40, noNaN: true }), { nil: undefined }) })
const anyOptions = fc.record({
  frames: fc.integer({ min: 1, max: 3000 }), order: fc.constantFrom('sequential' as const, 'random' as const),
  clipFrames: fc.option(fc.integer({ min: 30, max: 300 }), { nil: undefined }), seed: fc.nat(),
  transition: fc.constantFrom('none' as const, 'fade' as const, 'fade_in' as const, 'slide' as const, 'shuffle' as const), transitionFrames: fc.integer({ min: 1, max: 90 }),
})

test('whatever the clips are, the film has exactly its frames, before and after it is split, and no transition is longer than what it joins', () => {
  fc.assert(fc.property(fc.array(anyClip, { minLength: 1, maxLength: 8 }), anyOptions, (given, options) => {
    const clips = given.map(({ isStill, seconds }, index) => (isStill ? still(index) : film(index, seconds)))
    const segments = makeTimeline(clips, { ...OPTIONS, ...options })
    expect(framesOf(segments)).toBe(options.frames)
    segments.forEach(({ frames, overlap }, index) => expect(frames).toBeGreaterThan(overlap + (segments[index + 1]?.overlap ?? 0)))
    const groups = splitTimeline(segments, { fits: (group) => group.length <= 4, framesPerSecond: 30 })
    expect(groups.reduce((sum, group) => sum + framesOf(group), 0)).toBe(options.frames)
    expect(groups.every((group) => group.length <= 4 && group[0]!.overlap === 0 && group.every(({ frames }) => frames > 0))).toBe(true)
  }), { numRuns: 300 })
})
