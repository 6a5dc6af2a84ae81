import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { ATTACKS, SPELLINGS_OF_MOVIE } from './refused-arguments.contract.ts'
import { checkArguments } from './ffmpeg-arguments.ts'
import { ORDINARY_REQUESTS } from './ordinary-arguments.contract.ts'
import { findOption, optionNames } from './ffmpeg-options.ts'
import { filterNames, findFilter } from './filter-table.ts'

const context = { path: 'args', inputCount: 3 }

describe.each(Object.entries(ATTACKS))('what %s is refused', (_, attacks) => {
  test.each(attacks.map((args) => [args.join(' ').slice(0, 70), args] as const))('%s', (_, args) => {
    expect(refusal(args)).toMatchObject({ code: 'argument_refused', status: 403 })
  })
})

test.each(SPELLINGS_OF_MOVIE)('%s %s is refused however it is spelt', (...args) => {
  expect(['argument_refused', 'invalid_input']).toContain(refusal(args)?.code)
})

test.each(ORDINARY_REQUESTS.map((args) => [args.join(' '), args] as const))('%s passes', (_, args) => {
  expect(checkArguments(args, context).args).toEqual(args)
})

test('what the hub says itself is dropped', () => {
  const args = ['-y', '-hide_banner', '-vn', '-nostdin', '-ar', '48000', '-nostats', '-n']
  expect(checkArguments(args, context).args).toEqual(['-vn', '-ar', '48000'])
})

test('a refusal names the argument, why, and the field', () => {
  expect(refusal(['-vn', '-i', '/etc/passwd'])).toMatchObject({
    message: 'args[1]: "-i" is not allowed: inputs are given as input_url or inputs, never in args',
    errors: [{ path: 'args[1]', message: expect.stringContaining('input_url') }],
  })
  expect(refusal(['-ar', 'fast'])?.message).toBe('args[1]: -ar takes a whole number from 8000 to 192000')
  expect(refusal(['-acc', '1'])?.message).toContain('did you mean -ac?')
  expect(refusal(['-ar'])?.message).toBe('args[0]: -ar lacks its value')
  expect(refusal(['-vf', 'sclae=1:1'])?.message).toContain('did you mean scale?')
})

test('no more than 40 characters of an argument are echoed', () => {
  const long = 'x'.repeat(500)
  const values = [['-vf', long], ['-vf', `scale=${long}=1`], ['-vf', `'${long}`], ['-x264-params', long], ['-map', long]]
  for (const args of [[`-${long}`], [long], ...values]) {
    expect(refusal(args)?.message).not.toContain('x'.repeat(41))
  }
})

test.each([
  ['129 arguments', Array.from({ length: 129 }, () => '-vn')],
  ['an argument of 8 KiB and a byte', ['-metadata', `a=${'x'.repeat(8191)}`]],
  ['arguments of more than 32 KiB', Array.from({ length: 20 }, () => ['-metadata', `a=${'x'.repeat(2000)}`]).flat()],
  ['a zero byte', ['-metadata', 'title=a\0b']],
  ['a line break', ['-metadata', 'title=a\nb']],
  ['an escape', ['-metadata', 'title=\x1b[31m']],
  ['half a character', ['-metadata', 'title=\ud800']],
])('%s is no list of arguments', (_, args) => {
  expect(refusal(args)).toMatchObject({ code: 'invalid_input', status: 400 })
})

test('an endless filter is fine where something else ends the output', () => {
  for (const ending of [['-shortest'], ['-t', '5'], ['-to', '0:05'], ['-frames:v', '9']]) {
    expect(checkArguments(['-vf', 'loop=-1:1', ...ending], context).filters).toEqual(['loop'])
  }
})

test('whatever is given, it either passes or is refused with a HubError', () => {
  const anything = fc.array(fc.oneof(token, fc.string({ unit: 'binary', maxLength: 60 })), { maxLength: 12 })
  fc.assert(fc.property(anything, (args) => {
    try { checkArguments(args, context) } catch (error) { expect(error).toBeInstanceOf(HubError) }
  }), { numRuns: 3000 })
})

test('no value that passes is a path or an address, but for texts that are only shown or kept', () => {
  const place = fc.constantFrom('/etc/passwd', './a', '../a', '~/a', 'file:/etc/passwd', 'file:///a', 'http://127.0.0.1/', 'tcp://a:1', 'pipe:0', 'data:,a', 'concat:/a|/b', '/dev/full', 'C:\\\\a')
  const key = fc.constantFrom('x264-params', 'x265-params', 'svtav1-params', 'aom-params', 'x264opts', 'bsf:v', 'force_key_frames', 'map', 'flags')
  const given = fc.oneof(place, fc.tuple(fc.constantFrom('crf', 'stats', 'keyint', 'expr', 'h264_metadata=level', 'a'), fc.constantFrom('=', ':', ','), place).map((parts) => parts.join('')))
  const name = fc.oneof(key, fc.constantFrom(...optionNames().filter((option) => !TEXTS.has(option))))
  fc.assert(fc.property(name, given, (option, value) => {
    expect([option, value, refusal([`-${option}`, value])?.status]).toEqual([option, value, expect.any(Number)])
  }), { numRuns: 4000 })
})

/** Of these the value is text for people, or is judged as a graph. */
const TEXTS: ReadonlySet<string> = new Set(['metadata', 'vf', 'af', 'filter', 'filter_complex', 'lavfi'])

test('no option of a filter takes a path or an address, but for texts that are drawn or kept', () => {
  const options = filterNames().flatMap((name) => [...new Set(findFilter(name)?.keys.values())].map((key) => [name, key] as const))
  const shown = options.filter(([name, key]) => !(name === 'drawtext' && key === 'text') && !(/^a?metadata$/.test(name) && key === 'value'))
  expect(shown.length).toBeGreaterThan(500)
  for (const [name, key] of shown) {
    for (const value of ['/etc/passwd', './a', '../a', '~/a', 'http\\\\://127.0.0.1/a', "'tcp\\\\://a'"]) {
      expect([name, key, value, refusal(['-vf', `${name}=${key}=${value}`, '-t', '1'])?.code]).toEqual([name, key, value, 'argument_refused'])
    }
  }
})

test('ffmpeg takes each option of the table for an option, with as many values as the table says', () => {
  const args = optionNames().flatMap((name) => (findOption(name) === 'flag' ? [`-${name}`] : [`-${name}`, 'VALUE']))
  const { options, outputs, unknown } = readByFfmpeg(args)
  expect(unknown).toBeUndefined()
  expect(outputs).toEqual(['END'])
  expect(options).toEqual(optionNames())
})

test('of what passes, ffmpeg takes nothing for a file', () => {
  const passed = [...ORDINARY_REQUESTS]
  const piece = fc.oneof(fc.constantFrom(...ORDINARY_REQUESTS), token.map((single) => [single]), fc.tuple(token, token))
  fc.assert(fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
    try { passed.push(checkArguments(pieces.flat(), context).args) } catch { /* refused */ }
  }), { numRuns: 3000 })
  const long = passed.filter((args) => args.length > 0)
  expect(long.length).toBeGreaterThan(200)
  for (let start = 0; start < long.length; start += 200) {
    const { outputs, inputs } = readByFfmpeg(withoutUnknown(long.slice(start, start + 200)).flatMap((args) => [...args, 'END']))
    expect(new Set(outputs)).toEqual(new Set(['END']))
    expect(inputs).toEqual(['/nowhere'])
  }
})

/** At an option that ffmpeg does not know with such a stream, as in `-movflags:a`, it stops and reads nothing. */
function withoutUnknown(requests: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const { unknown } = readByFfmpeg(requests.flatMap((args) => [...args, 'END']))
  return unknown === undefined ? requests : withoutUnknown(requests.filter((args) => !args.includes(`-${unknown}`)))
}

/** Options and values near the border: known and unknown names, values with and without meaning. */
const token: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...optionNames()).map((name) => `-${name}`),
  fc.constantFrom(...ORDINARY_REQUESTS.flat()),
  fc.constantFrom('-vn', '-an', '-shortest', '-vn', '1', '25', '128k', 'copy', '-1', '0', 'auto', '-y', 'out.mp4', '-', '--', '-i', '-f'),
  fc.constantFrom(...Object.values(ATTACKS).flat(2)),
  fc.tuple(fc.constantFrom(...optionNames()), fc.constantFrom(':v', ':a:0', ':0', ':s:a:1', ':x', ':', '::'))
    .map(([name, stream]) => `-${name}${stream}`),
)

/** How ffmpeg itself cuts up a command line. It stops at the missing input, before it opens any output. */
function readByFfmpeg(args: readonly string[]) {
  const commandLine = ['-hide_banner', '-loglevel', 'debug', '-i', '/nowhere', ...args, 'END']
  const { stderr } = spawnSync('ffmpeg', commandLine, { encoding: 'utf8', maxBuffer: 1 << 28 })
  const read = [...stderr.matchAll(/^Reading option '(.*)' \.\.\.(.*)$/gm)]
    .map(([, argument = '', matched = '']) => ({ argument, matched }))
  return {
    unknown: /Unrecognized option '([^']*)'/.exec(stderr)?.[1],
    outputs: read.filter(({ matched }) => matched.includes('as output url')).map(({ argument }) => argument),
    inputs: [...stderr.matchAll(/matched as input url with argument '(.*)'/g)].map(([, url]) => url),
    options: read.slice(3).filter(({ matched }) => !matched.includes('output url')).map(({ argument }) => argument.slice(1)),
  }
}

function refusal(args: readonly string[]): HubError | undefined {
  try {
    checkArguments(args, context)
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  return undefined
}
