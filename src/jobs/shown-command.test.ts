import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ALLOCATION_GUARD, inputGuards } from '../tools/input-guards.ts'
import { FFMPEG_GLOBALS } from '../tools/sound.ts'
import type { Command } from '../tools/tool.ts'
import { shellWord, showCommand } from './shown-command.ts'

const IN = Array.from({ length: 11 }, (_, index) => `/data/jobs/a/space/in/${index}`)
const OUT = '/data/jobs/a/space/out'

function command(program: Command['program'], args: readonly string[], more: Partial<Command> = {}): Command {
  return { program, args, createParser: () => ({ push: () => [] }), ...more }
}

test('a command has neutral names for its files, and its line leaves out what is there for the hub alone', () => {
  const args = [...FFMPEG_GLOBALS, ...inputGuards(), '-i', IN[1]!, ...inputGuards(), '-ss', '3', '-i', IN[10]!, '-vf', 'scale=2:2,format=gray', '-y', '-f', 'mp4', `${OUT}/video.mp4`]
  const shown = showCommand(command('ffmpeg', args), { inputs: IN, outputDirectory: OUT })
  expect(shown.args).toEqual([...FFMPEG_GLOBALS, ...inputGuards(), '-i', 'input-2', ...inputGuards(), '-ss', '3', '-i', 'input-11', '-vf', 'scale=2:2,format=gray', '-y', '-f', 'mp4', './video.mp4'])
  expect(shown.shell).toBe('ffmpeg -i input-2 -ss 3 -i input-11 -vf scale=2:2,format=gray -y -f mp4 ./video.mp4')
})

test('frames go to a file and not to the terminal', () => {
  const frames = { format: 'png', width: 2, height: 2, framesPerSecond: 1, expectedFrames: null } as const
  expect(showCommand(command('ffmpeg', ['-i', IN[0]!, 'pipe:1'], { frames }), { inputs: IN, outputDirectory: OUT, names: ['input.mp4'] }).shell).toBe('ffmpeg -i input.mp4 pipe:1 > frames')
})

test('a program of the hub is shown as it is started, with ffmpeg’s arguments inside it as short', () => {
  const conversion = { decode: ['-hide_banner', '-nostdin', ...ALLOCATION_GUARD, ...inputGuards(), '-i', IN[0]!], output: `${OUT}/video.32vid` }
  const { shell } = showCommand(command('converter', [JSON.stringify(conversion)]), { inputs: IN, outputDirectory: OUT })
  expect(shell).toBe(`node dist/tools/sanjuuni/main.js '{"program":"ffmpeg","args":[]}' '{"decode":["-i","input"],"output":"./video.32vid"}' 3> /dev/null`)
})

test.each(['plain-1.5:x', '', 'two words', `it's`, '$HOME `id` "x" \\', '-vf', 'a\nb', '*', '~', '#x', '中'])('a shell reads %j as one word', (word) => {
  expect(execFileSync('sh', ['-c', `printf '%s' ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word)
})
