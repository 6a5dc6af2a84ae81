import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command } from '../tools/tool.ts'
import type { ProgressData } from './job.ts'
import { ProgressMeter } from './progress-meter.ts'

function meter(): { meter: ProgressMeter; told: Omit<ProgressData, 'rev'>[] } {
  const told: Omit<ProgressData, 'rev'>[] = []
  return { meter: new ProgressMeter((data) => told.push(data)), told }
}

function commandOf(expectedSeconds?: number): Command {
  return { program: 'ffmpeg', args: [], createParser: () => ({ push: () => [] }), ...(expectedSeconds !== undefined && { expectedSeconds }) }
}

test('commands weigh what they are expected to make', () => {
  const { meter: own, told } = meter()
  own.begin([commandOf(30), commandOf(10)])
  own.ran(0, { fraction: 1 })
  own.ran(1, { fraction: 0.5 })
  expect(told.slice(-2).map(({ progress }) => progress)).toEqual([74.9, 87.4])
})

test('commands of unknown length weigh the same', () => {
  const { meter: own, told } = meter()
  own.begin([commandOf(), commandOf()])
  own.ran(0, { fraction: 1 })
  expect(told.at(-1)?.progress).toBe(50)
})

test('where no total is known there is no number, and what is known is told', () => {
  const { meter: own, told } = meter()
  own.begin([commandOf()])
  own.ran(0, { fraction: null, frame: 7, outTimeSeconds: 2 })
  expect(told.at(-1)).toEqual({ progress: null, phase: 'running', frame: 7, out_time_s: 2 })
})

test('fetching is the first tenth, and running the rest', () => {
  const { meter: own, told } = meter()
  own.enter('fetching')
  own.fetched(50, 100)
  own.fetched(100, 100)
  own.enter('probing')
  own.begin([commandOf(10)])
  own.ran(0, { fraction: 0.5 })
  expect(told.map(({ progress, phase }) => [progress, phase])).toEqual([[0, 'fetching'], [5, 'fetching'], [10, 'fetching'], [10, 'probing'], [10, 'running'], [55, 'running']])
})

test('whatever comes, progress is a number below 100 that never goes back', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('fetched' as const), bytes: fc.nat(), total: fc.option(fc.nat()) }),
    fc.record({ type: fc.constant('ran' as const), command: fc.nat(2), fraction: fc.double({ min: 0, max: 1, noNaN: true }) }),
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(100), { minLength: 3, maxLength: 3 }), (steps, seconds) => {
    const { meter: own, told } = meter()
    own.enter('fetching')
    own.begin(seconds.map((each) => commandOf(each)))
    for (const each of steps) {
      if (each.type === 'ran') own.ran(each.command, { fraction: each.fraction })
      else own.fetched(Math.min(each.bytes, each.total ?? each.bytes), each.total)
    }
    own.enter('publishing')
    const numbers = told.map(({ progress }) => progress ?? Number.NaN)
    expect(numbers.every((number) => number >= 0 && number < 100)).toBe(true)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  }))
})
