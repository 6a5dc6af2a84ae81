import { expect, test } from 'vitest'
import { Registry } from './registry.ts'

test('a counter is one line for each set of labels, with what would break a line escaped', async () => {
  const registry = new Registry()
  const counter = registry.counter('refusals_total', 'What is refused,\nby "code" \\ reason')
  counter.add({ code: 'a"b\\c\nd' })
  counter.add({ code: 'a"b\\c\nd' }, 2)
  counter.add({ code: 'other' })
  expect(await registry.render()).toBe([
    '# HELP refusals_total What is refused,\\nby "code" \\\\ reason', '# TYPE refusals_total counter',
    'refusals_total{code="a\\"b\\\\c\\nd"} 3', 'refusals_total{code="other"} 1', '',
  ].join('\n'))
})

test('the buckets of a histogram count all that is not above them, and its sum and count everything', async () => {
  const registry = new Registry()
  const histogram = registry.histogram('wait_seconds', { help: 'Wait', bounds: [0.1, 1] })
  for (const value of [0.05, 0.1, 0.5, 70]) histogram.observe(value, { tool: 'ffmpeg' })
  expect((await registry.render()).split('\n').slice(1, -1)).toEqual([
    '# TYPE wait_seconds histogram',
    'wait_seconds_bucket{tool="ffmpeg",le="0.1"} 2', 'wait_seconds_bucket{tool="ffmpeg",le="1"} 3', 'wait_seconds_bucket{tool="ffmpeg",le="+Inf"} 4',
    'wait_seconds_sum{tool="ffmpeg"} 70.65', 'wait_seconds_count{tool="ffmpeg"} 4',
  ])
})

test('what cannot be read is missing, and the others are told', async () => {
  const registry = new Registry()
  registry.add({ name: 'broken', type: 'gauge', help: 'Broken', read: () => Promise.reject(new Error('no disk')) })
  registry.add({ name: 'whole', type: 'gauge', help: 'Whole', read: () => [{ value: Number.POSITIVE_INFINITY }] })
  expect(await registry.render()).toBe('# HELP broken Broken\n# TYPE broken gauge\n# HELP whole Whole\n# TYPE whole gauge\nwhole +Inf\n')
})
