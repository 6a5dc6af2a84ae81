import { expect, test } from 'vitest'
import { innerPaths } from './inner-paths.ts'

const { inside, outside } = innerPaths({ reads: ['/data/a "b"/in/1', '/data/a "b"/in/10'], writes: '/data/a "b"/out' })

test('arguments name what the program sees, also within JSON, and the longer of two paths is taken whole', () => {
  expect(inside('/data/a "b"/in/10')).toBe('/in/1')
  expect(inside('/data/a "b"/in/1')).toBe('/in/0')
  expect(inside('file:/data/a "b"/out/x.mp4')).toBe('file:/out/x.mp4')
  expect(JSON.parse(inside(JSON.stringify({ output: '/data/a "b"/out/x', sound: ['/data/a "b"/in/1'] })))).toEqual({ output: '/out/x', sound: ['/in/0'] })
})

test('a folder whose name begins as that of the output is another', () => {
  expect(inside('/data/a "b"/output')).toBe('/data/a "b"/output')
})

test('what the program says names the files of the job, and nothing that only looks like them', () => {
  expect(outside("Input #0, wav, from '/in/1':")).toBe(`Input #0, wav, from '/data/a "b"/in/10':`)
  expect(outside('to /out/x.mp4, not /in/2, http://example.com/in/0 or /home/out/y')).toBe(
    'to /data/a "b"/out/x.mp4, not /in/2, http://example.com/in/0 or /home/out/y',
  )
})
