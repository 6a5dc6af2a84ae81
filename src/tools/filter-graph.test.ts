import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ORDINARY_REQUESTS } from './ordinary-arguments.contract.ts'
import { checkFilterGraph } from './filter-check.ts'
import { parseFilterGraph } from './filter-graph.ts'
import { filterNames, findFilter } from './filter-table.ts'

const run = promisify(execFile)

test('chains, labels, names and options are told apart', () => {
  expect(parseFilterGraph(' [0:v][1:v] overlay@top = 10 : y=20 [a] ; [a]null,hflip[out]')).toEqual([
    { name: 'overlay', options: [{ value: '10' }, { key: 'y', value: '20' }], inputs: ['0:v', '1:v'], outputs: ['a'] },
    { name: 'null', options: [], inputs: ['a'], outputs: [] },
    { name: 'hflip', options: [], inputs: [], outputs: ['out'] },
  ])
})

/** Quotes and escapes on both levels, and spaces in odd places. */
const TRICKY = [
  "metadata=add:key=k:value='a\\:b'",
  'metadata=add:key=k:value=a\\\\:b',
  'metadata=add:key=k:value=a\\,b\\;c',
  "metadata=add:key=k:value=it\\\\\\'s",
  "metadata=add:key=k:value=\\'a b\\'",
  "metadata = mode = add : key = k : value = '  padded  '",
  "metadata=add:key=k:value=\\'  padded  \\' ",
  "metadata=add:key=k:value='[x],y;z'",
  'metadata=add:key=k:value=x\\ ',
  'metadata=add:key=k:value=\\\\\\\\',
  'metadata=add:k:v[out]',
  "drawtext=text='%{pts\\:hms} a\\, b':x=(w-text_w)/2",
]

const FILTER_OPTIONS = new Set(['-vf', '-af', '-filter_complex', '-lavfi'])
const GRAPHS = [
  ...TRICKY,
  ...ORDINARY_REQUESTS.flatMap((args) => args.filter((_, index) => FILTER_OPTIONS.has(args[index - 1] ?? ''))),
  'color=red:64x48:10:1,loop=1:1:0,tpad=1:2:clone,tile=2x2:3:1,thumbnail=3,tmix=2,fps=5:0,nlmeans=1:7:5:9:7,settb=1/10',
  'sine=440:0:48000:1,apad=0:10,asetnsamples=1024:1,afade=in:0:100,atrim=0:1,aloop=1:10:0,aresample=44100,adelay=10:0',
  'aevalsrc=0:100:48000:1,aformat=s16:48000:stereo,amerge=1,aecho=0.8:0.9:10:0.3,volume=1:float,atempo=2,asetpts=N',
  'nullsrc=64x48:10:1,rotate=0:iw:ih:red,drawbox=0:0:1:1:red:1,drawgrid=0:0:8:8:red,pad=64:48:0:0:red,crop=1:1:0:0:0:0',
  'testsrc=64x48:10:1,zoompan=1:0:0:1:64x48:10,minterpolate=20,framerate=10,split=2[a][b];[a][b]hstack=2,select=1:1,median=2',
  'testsrc=64x48:10:1,curves=vintage,palettegen=16:1[p];testsrc,[p]paletteuse=bayer:2,geq=1:1:1,metadata=add:k:v',
]

test.each(GRAPHS)('%s is read as ffmpeg reads it', async (graph) => {
  const { stderr } = await run('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'debug',
    ...['testsrc', 'testsrc', 'sine', 'sine'].flatMap((source) => ['-f', 'lavfi', '-i', `${source}=d=0.04`]),
    '-filter_complex', graph.replaceAll('[0:a]', '[2:a]').replaceAll('[1:a]', '[3:a]'),
  ]).catch((error: { stderr: string }) => error)
  const byFfmpeg = [...stderr.matchAll(/^\[Parsed_(\w+)_\d+ @ 0x[0-9a-f]+\] Setting '(.*?)' to value '(.*)'$/gm)]
    .map(([, ...parts]) => parts)
  const byUs = parseFilterGraph(graph).flatMap(({ name, options }) =>
    options.map(({ key, value }, position) => [name, key ?? findFilter(name)?.positional[position], value]))
  if (byUs.length > 0) expect(byFfmpeg.slice(-byUs.length)).toEqual(byUs)
})

test('a value of any characters, written with both levels of escapes, is read back as it was, by us and by ffmpeg', async () => {
  const character = fc.constantFrom(...String.raw`ab1:,;[]'\\=@%{}()|" ~/.ä`)
  const value = fc.string({ unit: character, minLength: 1, maxLength: 20 })
  const write = (text: string) => text.replace(/[\\':]/g, '\\$&').replace(/^\s|\s$/g, '\\$&').replace(/[\\'[\],; ]/g, '\\$&')
  const seen: string[] = []
  fc.assert(fc.property(value, (text) => {
    if (seen.length < 60) seen.push(text)
    expect(parseFilterGraph(`metadata=mode=add:key=k:value=${write(text)}`)[0]?.options.at(-1)).toEqual({ key: 'value', value: text })
  }), { numRuns: 1000, examples: [["it's"], ['a\\b'], [' '], ["'''"], ['k=v']].map(([text]) => [text!] as [string]) })
  const { stderr } = await run('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'debug', '-f', 'lavfi', '-i', 'testsrc=d=0.04',
    '-vf', seen.map((text) => `metadata=mode=add:key=k:value=${write(text)}`).join(','), '-f', 'null', '-',
  ])
  expect([...stderr.matchAll(/^\[Parsed_metadata_\d+ @ 0x[0-9a-f]+\] Setting 'value' to value '(.*)'$/gm)].map(([, text]) => text)).toEqual(seen)
})

test('a value without key after one with a key is refused, since ffmpeg goes on from that key', () => {
  expect(checkFilterGraph('drawtext=text=a:/etc/passwd', 1).type).toBe('refused')
  expect(checkFilterGraph('scale=w=1:1', 1).type).toBe('refused')
})

test.each([
  ['', 'lacks the name'],
  ['scale=1:1,', 'lacks the name'],
  [';', 'lacks the name'],
  ["scale='1:1", 'never closed'],
  ['[0:v', 'label'],
  ['[a b]null', 'label'],
  ['null[a]null', 'belongs'],
  ['Scale=1:1', 'plainly'],
  ['nul\\l', 'plainly'],
])('%j is no filter graph', (graph, complaint) => {
  expect(() => parseFilterGraph(graph)).toThrow(complaint)
})

test('a label names only an input that is there', () => {
  expect(checkFilterGraph('[1:v]null', 1)).toMatchObject({ type: 'refused', reason: expect.stringContaining('[1:v]') })
  expect(checkFilterGraph('[1:v]null', 2).type).toBe('passed')
})

test('the filters of a graph are told, each once', () => {
  expect(checkFilterGraph('hflip,scale=2:2,hflip', 1)).toMatchObject({ filters: ['hflip', 'scale'] })
})

test.each([
  ['scale=2:2', false], ['setpts=PTS-STARTPTS', false], ['setpts=2*PTS', true], ['atempo=2', true], ['trim=0:5', true],
])('%s changes the duration: %s', (graph, changes) => {
  expect(checkFilterGraph(graph, 1)).toMatchObject({ changesDuration: changes })
})

test.each([
  ['apad', true], ['apad=whole_dur=5', false], ['color=c=red', true], ['color=c=red:d=1', false], ['loop=-1:1', true], ['loop=3:1', false],
  ['color=c=red[a];[a][0:v]overlay=shortest=1', false], ['aevalsrc=0', true],
])('%s never ends: %s', (graph, isEndless) => {
  expect(checkFilterGraph(graph, 1)).toMatchObject({ isEndless })
})

test('whatever the text, it is judged without an error, and only filters of the table pass', () => {
  const table = new Set(filterNames())
  const names = fc.constantFrom(...table, 'movie', 'amovie', 'subtitles', 'ladspa')
  const marks = fc.constantFrom('=', ':', ',', ';', '[', ']', "'", '\\', '@', ' ', '1', 'w', 'file', 'text', '/etc/passwd', '|')
  const pieces = fc.oneof(names, marks, fc.string())
  fc.assert(fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
    const verdict = checkFilterGraph(parts.join(''), 1)
    if (verdict.type === 'passed') expect(verdict.filters.every((name) => table.has(name))).toBe(true)
  }), { numRuns: 3000 })
})

test('each filter of the table is one of ffmpeg\'s', async () => {
  const { stdout } = await run('ffmpeg', ['-hide_banner', '-filters'])
  const known = new Set([...stdout.matchAll(/^ [T.][S.][C.] (\w+)/gm)].map(([, name]) => name))
  expect(filterNames().filter((name) => !known.has(name))).toEqual([])
  expect(filterNames().length).toBeGreaterThan(110)
})
