import { expect, test } from 'vitest'
import { ReferenceProgressParser } from './reference-progress.ts'

const say = (parser: ReferenceProgressParser, text: string) => parser.push({ source: 'stderr', text })

test('the status line tells the frame, the rate once there is one, and never goes back', () => {
  const parser = new ReferenceProgressParser({ expectedFrames: null })
  expect([
    'frame 0/200 (elapsed 00:00, remaining 00:00, inf fps)', 'frame 109/200 (elapsed 00:01, remaining 00:00, 62 fps)',
    'frame 100/200 (elapsed 00:01, remaining 00:00, 61 fps)', 'frame 198/198 (elapsed 00:03, remaining 00:00, 66 fps)',
  ].flatMap((text) => say(parser, text))).toEqual([
    { type: 'progress', fraction: 0, frame: 0 }, { type: 'progress', fraction: 0.545, frame: 109, fps: 62 },
    { type: 'progress', fraction: 0.545, frame: 100, fps: 61 }, { type: 'progress', fraction: 1, frame: 198, fps: 66 },
  ])
})

test('of a container without a count, the expected one is taken, and with neither nobody knows', () => {
  const line = 'frame 50/0 (elapsed 00:01, remaining 00:00, 40 fps)'
  expect(say(new ReferenceProgressParser({ expectedFrames: 100 }), line)).toMatchObject([{ fraction: 0.5 }])
  expect(say(new ReferenceProgressParser({ expectedFrames: null }), line)).toMatchObject([{ fraction: null }])
})

test('what else it says is logged, without paths of this machine, and a complaint as an error', () => {
  const parser = new ReferenceProgressParser({ expectedFrames: null, hiddenPaths: new Map([['/data/x/out/', '']]) })
  expect(say(parser, 'Could not open input file: /data/x/out/decoded.mkv')).toEqual([
    { type: 'log', level: 'error', text: 'Could not open input file: decoded.mkv' },
  ])
  expect(say(parser, 'Using OpenCL device 0')).toMatchObject([{ level: 'info' }])
  expect(say(parser, '')).toEqual([])
})
