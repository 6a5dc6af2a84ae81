import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEPLOYED_REQUESTS } from '../../src/tools/ordinary-arguments.contract.ts'
import { ATTACKS, SPELLINGS_OF_MOVIE } from '../../src/tools/refused-arguments.contract.ts'
import { encode, H264, picture, tone } from '../frame-media.ts'
import { leftovers, programsBelow, removeDirectory, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from '../running-hub.ts'
import { argumentAttacks, requestedArgs, withoutFormats, type Kind } from './argument-attacks.ts'
import { sourceAttacks } from './source-attacks.ts'
import { watchPlaces, type WatchedPlaces } from './watched-places.ts'

const KINDS: readonly Kind[] = ['reads', 'connects', 'writes', 'runs', 'exhausts']

/** What the grammar lets through and a machine may take very long over; each for another reason. */
const GREEDY: readonly (readonly string[])[] = [
  ['-vf', 'scale=1920:1080,minterpolate=fps=240:mi_mode=mci:me=esa'],
  ['-vf', 'scale=1920:1080,fps=240', '-c:v', 'rawvideo'],
  ['-vf', 'tpad=stop=10000,scale=1280:720', '-c:v', 'ffv1'],
  ['-af', 'apad', '-t', '86400', '-c:a', 'pcm_s32le', '-ar', '192000'],
]

describe.each(['auto', 'off'])('with the sandbox %s', (sandbox) => {
  let scratch: string
  let places: WatchedPlaces
  let hub: InnerHub
  let source: string
  const complaints: string[] = []
  let accepted = 0

  beforeAll(async () => {
    scratch = await temporaryDirectory()
    places = await watchPlaces(join(scratch, 'places'))
    hub = await startInnerHub({
      REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_SANDBOX: sandbox, REELTIME_CONCURRENCY: '2',
      REELTIME_JOB_TIMEOUT_SECONDS: '15', REELTIME_MAX_OUTPUT_BYTES: '30000000',
    }, { info: () => undefined, error: (event) => complaints.push(event) })
    source = await hub.api.upload(encode(join(scratch, 'clip.mp4'), [...picture('64x48', 10, 1), ...tone(1), ...H264]))
  })
  afterAll(async () => {
    await Promise.all([hub.stop(), places.close()])
    await removeDirectory(scratch)
  })

  /** Whatever the way in, the answer names the argument, says why, and shows nothing of this machine. */
  const WAYS_IN: readonly (readonly [string, (args: readonly string[]) => Promise<{ status: number; said: string }>])[] = [
    ['POST /api/jobs', async (args) => {
      const { status, body } = await hub.api.submit({ input_url: source, args, output_format: 'mkv' })
      expect(body.errors?.[0].path).toMatch(/^args\[\d+\]$/)
      return { status, said: `${body.detail} ${body.hint}` }
    }],
    ['one of several outputs', async (args) => {
      const { status, body } = await hub.api.submit({ inputs: [{ source }], outputs: [{ format: 'mp3' }, { format: 'mkv', args }] })
      expect(body.errors?.[0].path).toMatch(/^outputs\[1\]\.args\[\d+\]$/)
      return { status, said: `${body.detail} ${body.hint}` }
    }],
    ...['/api/ffmpeg', '/api/ffmpeg/async'].map((path) => [`POST ${path}`, async (args: readonly string[]) => {
      const { status, body } = await hub.api.post(path, { input_url: source, args, output_format: 'mkv' })
      expect(body).toMatchObject({ status: 'error', message: expect.stringMatching(/args\[\d+\]/) })
      return { status, said: `${body.error} ${body.hint}` }
    }] as const),
  ]

  describe.each(WAYS_IN)('%s', (_, send) => {
    test.each(KINDS)('refuses what %s, and says which argument it is', async (kind) => {
      for (const attack of argumentAttacks(places)[kind]) {
        for (const args of [requestedArgs(attack), withoutFormats(requestedArgs(attack))]) {
          const { status, said } = await send(args)
          expect([attack.id, args, status]).toEqual([attack.id, args, 403])
          expect(said).not.toContain(hub.directory)
        }
      }
    })

    test('refuses each of them alone too, however it is spelt', async () => {
      for (const args of [...Object.values(ATTACKS).flat(), ...SPELLINGS_OF_MOVIE]) {
        const { status } = await send(args)
        expect([args, [400, 403].includes(status)]).toEqual([args, true])
      }
    })
  })

  test('the converter takes no argument for a file, an address or an option of ffmpeg', async () => {
    for (const attack of Object.values(argumentAttacks(places)).flat()) {
      for (const path of ['/api/sanjuuni', '/api/sanjuuni/async']) {
        const { status, body } = await hub.api.post(path, { input_url: source, args: requestedArgs(attack), output_format: '32vid' })
        expect([attack.id, status]).toEqual([attack.id, 400])
        expect(body.message).toMatch(/args\[\d+\]|args\.\d+/)
        expect(body.message).not.toContain(hub.directory)
      }
    }
  })

  test('no tool reads from a file, a pipe, a device or an address of this machine', async () => {
    for (const from of sourceAttacks(places)) {
      const answers = await Promise.all([
        hub.api.submit({ input_url: from }),
        hub.api.submit({ inputs: [{ source }, { source: from }], outputs: [{ format: 'mp3' }] }),
        hub.api.post('/api/jobs', { tool: 'video_frame', input: { source: from } }),
        hub.api.post('/api/jobs', { tool: 'sanjuuni', input: { source, subtitles: from } }),
        hub.api.post('/api/ffmpeg', { input_url: from, args: [], output_format: 'mp3' }),
        hub.api.post('/api/sanjuuni/async', { input_url: from, args: [], output_format: '32vid' }),
        hub.api.post('/api/video_frame/async', { video_url: from, w: 16, h: 16 }),
      ])
      for (const { status, body } of answers) {
        // A job’s id alone is its only artifact, where there is such a job.
        expect([from, [400, 403, 404].includes(status), body.code]).toEqual([from, true, expect.stringMatching(/^job:\w+$/.test(from) ? /^job_not_found$/ : /^(source_refused|invalid_input)$/)])
        expect(JSON.stringify(body)).not.toContain(places.flag)
      }
    }
  })

  test('what deployed clients send is taken and done', async () => {
    for (const args of DEPLOYED_REQUESTS) {
      const id = await hub.api.accepted({ input_url: source, args, output_format: args.includes('scale=10:10') ? 'bmp' : args.includes('libvorbis') ? 'ogg' : 'mp4' })
      accepted++
      expect([args, (await hub.api.ends(id)).status]).toEqual([args, 'completed'])
    }
  })

  test('what is allowed and takes too much ends at its limits, and says which; nothing of it runs on', async () => {
    const needsWall = (args: readonly string[]) => sandbox === 'off' && args.some((word) => /minterpolate|tpad|apad/.test(word))
    for (const args of GREEDY) {
      const { status, body } = await hub.api.submit({ input_url: source, args, output_format: 'mkv' })
      if (needsWall(args)) {
        expect([args, status, body.code]).toEqual([args, 403, 'argument_refused'])
        continue
      }
      accepted++
      const { error, started_at, ended_at } = await hub.api.ends(body.id)
      expect([args, error?.code]).toEqual([args, expect.stringMatching(/^(timeout|output_too_large|memory_limit)$/)])
      expect([args, ended_at! - started_at! < 45_000]).toEqual([args, true])
      await untilNoProgramsBelow(hub.directory)
    }
  }, 120_000)

  test('afterwards all is as it was: nothing read, written, connected to, left running or left behind', async () => {
    expect(places.connections()).toBe(0)
    expect(await places.touched()).toEqual([])
    expect(await programsBelow(hub.directory)).toEqual([])
    expect(await leftovers(hub.directory)).toEqual([])
    expect((await hub.api.list()).jobs).toHaveLength(accepted)
    expect(complaints).toEqual([])
  })
})
