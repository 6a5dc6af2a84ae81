import { describe, expect, test } from 'vitest'
import { HubError } from '../../errors.ts'
import { converterOptions, readOptions } from './options.ts'
import { OPTIONS } from './options-table.ts'

describe('the ways to write an option mean the same', () => {
  test.each([
    [['--width=102', '--height=57']],
    [['--width', '102', '--height', '57']],
    [['-W', '102', '-H', '57']],
    [['-W102', '-H57']],
    [['-W=102 -H=57']],
    [['--WIDTH:102', '--heig=57']],
    [['-W 102 --height 57']],
    [['  --width="102"', '', "'-H' '57'"]],
    [['--width=9', '--width=102', '-H', ' 57.0 ']],
  ])('%j', (args) => {
    expect(readOptions(args)).toEqual({ format: 'lua', notes: [], width: 102, height: 57 })
  })

  test.each([[['-8', '-L']], [['-8 -L']], [['-8L']], [['-L8']], [['--octree', '--lab-color']], [['--oct --lab']]])('%j', (args) => {
    expect(readOptions(args)).toEqual({ format: 'lua', notes: [], palette: 'octree', colorSpace: 'lab' })
  })

  test('the last of clustered options may have a value', () => {
    const options = { format: '32vid', colorSpace: 'lab', dither: 'none', width: 102, compression: 'none' }
    expect(readOptions(['-3LtW102', '-cnone'])).toMatchObject(options)
  })

  test('each long option can be written in one argument among others', () => {
    for (const { names, value, refusal } of OPTIONS) {
      if (refusal !== undefined || value === 'needed') continue
      expect(readOptions([`--mute --${names.at(-1)}`, '-B']), names.at(-1)).toMatchObject({ isMute: true, isBinary: true })
    }
  })
})

describe('of options that exclude each other', () => {
  test.each([
    [['-l', '-b', '-3', '-n', '-r'], { format: 'raw' }],
    [['-3', '-b'], { format: 'bimg' }],
    [['-t', '-O'], { dither: 'none' }],
    [['-O', '-t'], { dither: 'none' }],
    [['-O'], { dither: 'ordered' }],
    [['-8', '-k'], { palette: 'octree' }],
    [['-k', '-8'], { palette: 'octree' }],
    [['-k', '--median-cut'], { palette: 'k-means' }],
    [['-p', '-8'], { palette: 'default' }],
    [['-c', 'none', '-c', 'custom'], { compression: 'custom' }],
  ])('%j leave %j', (args, left) => {
    expect(readOptions(args)).toMatchObject(left)
  })

  test.each([
    ['lua', 'lua'], ['.lua', 'lua'], ['BIMG', 'bimg'], ['.32vid', '32vid'], ['blit-image', 'bimg'], ['gif', 'gif'],
  ])('output_format %s wins over a flag', (outputFormat, format) => {
    expect(readOptions(['-3', '--nfp'], outputFormat).format).toBe(format)
  })
})

describe('a palette', () => {
  test('is 16 colours, of which those left out are to be found', () => {
    const colors = readOptions(['--palette=ff0080,#00Ff00,X,,x,000000']).fixedColors
    expect(colors).toEqual([[255, 0, 128], [0, 255, 0], null, null, null, [0, 0, 0], ...Array.from({ length: 10 }, () => null)])
  })

  test('may have spaces where it is an argument of its own, or is quoted', () => {
    const colors = [[255, 0, 0], [0, 0, 255], ...Array.from({ length: 14 }, () => null)]
    expect(readOptions(['-P', 'ff0000, 0000ff']).fixedColors).toEqual(colors)
    expect(readOptions(['-L --palette="ff0000, 0000ff" -8'])).toMatchObject({ fixedColors: colors, colorSpace: 'lab', palette: 'octree' })
  })
})

test.each([
  [['-M'], 8, 6, 0.5],
  [['-M', '-8'], 8, 6, 0.5],
  [['-M 4x3@1.5 -8'], 4, 3, 1.5],
  [['-M4x3'], 4, 3, 0.5],
  [['--monitor-size=2X1@5'], 2, 1, 5],
])('%j is a monitor of %ix%i blocks at scale %d', (args, width, height, textScale) => {
  expect(readOptions(args).monitors).toEqual({ blocks: { width, height }, textScale })
})

test.each([['24', 24], ['12.5', 12.5], ['30000/1001', 30000 / 1001], ['60', 60]])('--fps %s is %d', (text, rate) => {
  expect(readOptions(['--fps', text]).framesPerSecond).toBe(rate)
})

describe('what is wrong is named, with the way out', () => {
  test.each([
    [['-8', '--heigth=57'], 1, '"--heigth" is no option; did you mean --height?'],
    [['--lab-colour'], 0, '"--lab-colour" is no option; did you mean --lab-color?'],
    [['--h=3'], 0, '"--h" may mean --height or --http or --help'],
    [['--zzzzzz'], 0, '"--zzzzzz" is no option'],
    [['--'], 0, '"--" is no option'],
    [['-M', '102'], 1, '"102" is no option, and no option before it takes a value'],
    [['-8', '-L', '102'], 2, '"102" is no option, and no option before it takes a value'],
    [['-'], 0, '"-" is no option, and no option before it takes a value'],
    [['-8z'], 0, '"-z" is no option, in "-8z"'],
    [['-width=102'], 0, '"-width=102" has one dash; did you mean --width?'],
    [['-W'], 0, '-W lacks its value: it takes a whole number of pixels from 1 to 4096, two for each character'],
    [['-W', '-8'], 0, '-W lacks its value: it takes a whole number of pixels from 1 to 4096, two for each character'],
    [['-8', '-W', 'big'], 2, '--width takes a whole number of pixels from 1 to 4096, two for each character'],
    [['--width=0'], 0, '--width takes a whole number of pixels from 1 to 4096, two for each character'],
    [['--height=4097'], 0, '--height takes a whole number of pixels from 1 to 4096, three for each character'],
    [['--compression=lzw'], 0, '--compression takes one of none, ans, deflate, custom'],
    [['--fps=61'], 0, '--fps takes a number of frames a second, at most 60, such as 20 or 30000/1001'],
    [['--fps=1/0'], 0, '--fps takes a number of frames a second, at most 60, such as 20 or 30000/1001'],
    [['-P', 'red'], 1, expect.stringContaining('--palette takes at most 16 colours')],
    [['-P', Array.from({ length: 17 }, () => 'X').join()], 1, expect.stringContaining('at most 16 colours')],
    [['--monitor-size=8x6@0.7'], 0, expect.stringContaining('--monitor-size takes the blocks of one monitor')],
    [['--octree=1'], 0, '"--octree" takes no value'],
    [['-r', '-M'], 1, expect.stringContaining('raw holds one picture for one monitor')],
    [['-L', '--palette="ff0000'], 1, 'has a " that is not closed'],
    [['-L', `--palette=${'x'.repeat(1024)}`], 1, 'is longer than 1024 characters'],
  ])('%j', (args, index, message) => {
    const error = complaint(args)
    expect(error).toMatchObject({ code: 'invalid_input', status: 400, errors: [{ path: `args[${index}]`, message }] })
    expect(error?.message).toBe(`args[${index}]: ${error?.errors?.[0]?.message}`)
    expect(error?.hint).toContain('--width=102')
  })

  test.each([
    [['-i', '/etc/passwd'], 'input_url'],
    [['--input=x'], 'input_url'],
    [['-o', 'x.lua'], 'output_format'],
    [['-f', 'lavfi'], 'output_format'],
    [['-s', '80'], '/api/jobs/ID/sanjuuni'],
    [['-w80'], '/api/jobs/ID/sanjuuni'],
    [['-u', 'ws://10.0.0.1'], '/api/jobs/ID/sanjuuni'],
    [['-3T'], '/api/jobs/ID/sanjuuni'],
    [['--subtitle=x.ass'], 'field subtitles'],
    [['-S', 'x.ass'], 'field subtitles'],
    [['-Sx.ass'], 'field subtitles'],
    [['--help'], 'GET /api/tools/sanjuuni'],
  ])('%j is not to be had here', (args, wayOut) => {
    expect(complaint(args)?.message).toMatch(/^args\[0\]: "-.*" is not allowed: /)
    expect(complaint(args)?.message).toContain(wayOut)
  })

  test('a format that is none', () => {
    expect(complaint([], 'bigm')).toMatchObject({
      message: '"bigm" is no format that is made here; did you mean bimg?', hint: 'There are lua, nfp, raw, bimg, 32vid, gif',
      errors: [{ path: 'output_format' }],
    })
  })

  test('too many arguments', () => {
    expect(complaint(Array.from({ length: 65 }, () => '-8'))?.errors?.[0]?.path).toBe('args')
  })

  test('no more than 40 characters of an argument are echoed', () => {
    const long = 'x'.repeat(500)
    for (const args of [[long], [`-${long}`], [`--${long}`], [`-8${long}`], ['-W', long], ['-P', long], [`--octree=${long}`]]) {
      expect(complaint(args)?.message).not.toContain('x'.repeat(41))
    }
  })
})

describe('what changes nothing is accepted and noted', () => {
  test.each([
    [['-3', '-S'], '--separate-streams: one combined stream is written, which is what players read'],
    [['-b', '-c', 'none'], '--compression is about 32vid and changes nothing in bimg'],
    [['-3B'], '--binary is about bimg and changes nothing in 32vid'],
    [['--trim-borders'], '--trim-borders changes nothing without --monitor-size'],
  ])('%j', (args, note) => {
    expect(readOptions(args).notes).toEqual([note])
  })

  test('--disable-opencl is not worth a note', () => {
    expect(readOptions(['--disable-opencl'])).toEqual({ format: 'lua', notes: [] })
  })
})

describe('what the converter is told', () => {
  const source = { width: 1920, height: 1080 }

  test('is the reference\'s defaults where nothing is said', () => {
    expect(converterOptions(readOptions([], '32vid'), { width: 641, height: 361 })).toEqual({
      format: '32vid', width: 640, height: 360, compression: 'ans', isBinary: false, isDfpwm: false, isMute: false,
      picture: { palette: 'median-cut', dither: 'diffusion', colorSpace: 'rgb', isNfpized: false },
    })
  })

  test('is what was said', () => {
    const fifteenFree = Array.from({ length: 15 }, () => null)
    const args = ['-3pOLNBdm', '-cnone', '-W102', '-H57', '-P', 'ff0000', '-M2x1@2', '--trim-borders']
    expect(converterOptions(readOptions(args), source)).toMatchObject({
      format: '32vid', width: 102, height: 57, compression: 'none', isBinary: true, isDfpwm: true, isMute: true,
      picture: { palette: 'default', dither: 'ordered', colorSpace: 'lab', isNfpized: true, fixedColors: [[255, 0, 0], ...fifteenFree] },
      monitors: { blocks: { width: 2, height: 1 }, textScale: 2, trimsBorders: true, columns: 5, rows: 6 },
    })
  })

  test('is no wall where one monitor is enough', () => {
    expect(converterOptions(readOptions(['-M', '-W328', '-H243']), source).monitors).toBeUndefined()
  })
})

function complaint(args: readonly string[], outputFormat?: string): HubError | undefined {
  try {
    readOptions(args, outputFormat)
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
}
