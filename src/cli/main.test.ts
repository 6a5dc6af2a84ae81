import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { logOf, ScriptedHub } from '../../test/scripted-hub.ts'
import { main } from './main.ts'
import type { Shell } from './shell.ts'

const COMMANDS = ['serve', 'run', 'batch', 'watch', 'logs', 'jobs', 'show', 'get', 'cancel', 'retry', 'rm', 'tools', 'keys', 'webhooks', 'doctor']
let hub: ScriptedHub | undefined

afterEach(async () => {
  await hub?.stop()
  hub = undefined
})

test('help names every command, and every command has help of its own', async () => {
  const { stdout, code } = await reeltime([])
  expect(code).toBe(0)
  for (const name of COMMANDS) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    const help = await reeltime([name, '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(new RegExp(`^usage: reeltime ${name} `))
    expect(await reeltime(['help', name])).toEqual(help)
  }
})

test('the help of serve tells each setting of the hub', async () => {
  const { stdout } = await reeltime(['serve', '--help'])
  expect(stdout).toMatch(/--data-dir VALUE .*\(REELTIME_DATA_DIR\)/)
  expect(stdout).toMatch(/--port VALUE .*\(PORT\)/)
})

test('the version is that of the package', async () => {
  expect(await reeltime(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' })
})

for (const [argv, message] of [
  [['encode'], /there is no command "encode"; there is serve, run/],
  [['jobs', '--colour'], /--colour/],
  [['jobs', '--status', 'done'], /--status takes queued, running/],
  [['jobs', '-n', 'many'], /--limit takes a whole number/],
  [['show'], /ID is missing/],
  [['show', 'a', 'b'], /"b" is one argument too many/],
  [['show', 'a', '--url', 'ftp://x'], /"ftp:\/\/x" is no http/],
  [['show', 'a', '--wait', 'soon'], /--wait takes a number of seconds/],
  [['run', 'ffmpeg', '-o', 'x.mp4'], /-i is missing/],
  [['run', 'ffmpeg', '-i', 'http://x/a'], /say what to make/],
  [['run', 'ffmpeg', '-i', '/nowhere/at/all.mp4', '-o', 'x.mp4'], /there is no file/],
  [['run', 'ffmpeg', '-i', 'http://x/a', '-o', '/nowhere/at/all.mp4'], /there is no directory/],
  [['run', 'ffmpeg', '--input', '{'], /no JSON/],
  [['run', 'transcodd', '-i', 'http://x/a'], /there is no tool "transcodd" here; did you mean transcode\? .*--input JSON/],
  [['run', 'transcode', '-i', 'http://x/a', '--max-heigth', '720'], /there is no option --max-heigth; did you mean --max-height\?/],
  [['run', 'transcode', '-i', 'http://x/a', '--max-height', 'high'], /--max-height takes a number, not "high"/],
  [['run', 'transcode', '-i', 'http://x/a', '--max-height', '3'], /--max-height: /],
  [['run', 'transcode', '-i', 'http://x/a', '--codec', 'h266'], /--codec: .*h265/],
  [['run', 'transcode', '-i', 'http://x/a', '--crf', '20', '--target-mb', '8'], /--target-mb: cannot be met together with crf/],
  [['run', 'transcode', '-i', 'http://x/a', '--sound', '--no-sound'], /--sound and --no-sound/],
  [['run', 'transcode', '-i', 'http://x/a', '-i', 'http://x/b'], /transcode reads one file/],
  [['run', 'transcode', '-i', 'http://x/a', '--preset', '480p'], /transcode has no preset "480p"; it has 480p-copy/],
  [['run', 'transcode', '-i', 'http://x/a', '--', '-crf', '20'], /transcode takes no ARGS/],
  [['run', 'compose', '-i', 'http://x/a', '--voice', '/nowhere/voice.wav'], /there is no file "\/nowhere/],
  [['run', 'transcode', '--input', '{}', '--codec', 'av1'], /--input says it all/],
  [['run', 'concat', 'http://x/a'], /-i: /],
  [['batch'], /TOOL is missing/],
  [['batch', 'transcode'], /-i is missing/],
  [['batch', 'ffmpeg', 'http://x/a', 'http://x/b'], /say what to make: -f mp4\n/],
  [['batch', 'transcode', 'http://x/a', '--max-height', '3'], /--max-height: /],
  [['batch', 'transcode', 'http://x/a', '/nowhere/at/all.mp4'], /there is no file "\/nowhere/],
  [['batch', 'transcode', 'http://x/a', '-o', 'package.json'], /"package\.json" is a file; -o takes a folder/],
  [['batch', 'transcode', 'http://x/a', '--zip', '/nowhere/all.zip'], /there is no directory "\/nowhere"/],
  [['batch', 'transcode', 'http://x/a', '--input', '{}'], /--input says it all/],
  [['batch', 'transcode', ...Array.from({ length: 501 }, () => 'http://x/a')], /at most 500 jobs, and these are 501/],
  [['webhooks', 'turn', 'x'], /there is no "webhooks turn x"; there is add URL/],
  [['webhooks', 'rotate'], /ID is missing/],
  [['webhooks', 'rotate', 'x', '--keep', 'long'], /--keep takes a whole number/],
  [['serve', '--colour', 'x'], /There is no flag --colour/],
] as const) {
  test(`wrong usage ends with 2 and says what is wrong: ${argv.slice(0, 12).join(' ')}`, async () => {
    const { code, stdout, stderr } = await reeltime(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^reeltime: /)
    expect(stderr).toMatch(message)
  })
}

test('a hub that does not answer ends every command with 3', async () => {
  hub = await new ScriptedHub([]).start()
  const { url } = hub
  await hub.stop()
  const run = ['run', 'ffmpeg', '-i', 'http://x/a', '-o', 'x.mp4']
  for (const argv of [run, ['watch', 'x'], ['logs', 'x'], ['jobs'], ['show', 'x'], ['get', 'x'], ['cancel', 'x'], ['tools']]) {
    const { code, stderr } = await reeltime(argv, { REELTIME_URL: url })
    expect({ argv, code }).toEqual({ argv, code: 3 })
    expect(stderr).toMatch(/^reeltime: the hub at http:\/\/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)\n/)
  }
})

test('--wait waits for a hub that comes', async () => {
  hub = await new ScriptedHub(logOf(3)).start()
  const { url } = hub
  await hub.stop()
  const shown = reeltime(['show', 'job', '--wait', '20', '--url', url])
  await hub.start()
  expect(await shown).toMatchObject({ code: 0, stderr: '' })
})

test('what the hub refuses is told with all it said', async () => {
  hub = await new ScriptedHub(logOf(3)).start()
  hub.answer = (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
      return true
    }
    const errors = [{ path: 'args[0]', message: '-i names \x1b[31ma file' }]
    response.writeHead(403, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ code: 'argument_refused', detail: 'No.', hint: 'Leave it out', errors }))
    return true
  }
  expect(await reeltime(['run', 'ffmpeg', '-i', 'http://x/a', '-o', 'x.mp4', '--url', hub.url, '--', '-i', 'x'])).toEqual({
    code: 2, stdout: '', stderr: 'reeltime: No.\n  args[0]: -i names a file\nLeave it out\n',
  })
})

test('logs prints each line once, -n only the last ones, --json all that is known of them', async () => {
  hub = await new ScriptedHub(logOf(40)).start()
  const all = Array.from({ length: 40 }, (_, index) => `line ${index + 1} of 40, “größer” 🎞\n`)
  expect(await reeltime(['logs', 'job', '--url', hub.url])).toEqual({ code: 0, stdout: all.join(''), stderr: '' })
  expect(await reeltime(['logs', '-f', 'job', '--url', hub.url])).toEqual({ code: 0, stdout: all.join(''), stderr: '' })
  expect((await reeltime(['logs', '-n', '3', 'job', '--url', hub.url])).stdout).toBe(all.slice(-3).join(''))
  expect((await reeltime(['logs', '-f', '-n', '3', 'job', '--url', hub.url])).stdout).toBe(all.slice(-3).join(''))
  const { stdout } = await reeltime(['logs', '--json', 'job', '--url', hub.url])
  expect(stdout.trimEnd().split('\n').map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(all.map((_, index) => index + 1))
})

test('watch ends as the job did', async () => {
  hub = await new ScriptedHub(logOf(3, 'failed')).start()
  expect((await reeltime(['watch', 'job', '--url', hub.url])).code).toBe(1)
})

test('watch -v tells each line once though the connection breaks all the time', async () => {
  hub = await new ScriptedHub(logOf(60)).start()
  hub.faultOf = (_, index) => ({ cutAfter: 2 + index % 3, inside: true })
  const { code, stderr } = await reeltime(['watch', '-v', 'job', '--url', hub.url])
  expect(code).toBe(0)
  expect(stderr.split('\n').filter((line) => line.startsWith('line '))).toEqual(
    Array.from({ length: 60 }, (_, index) => `line ${index + 1} of 60, “größer” 🎞`))
})

async function reeltime(argv: readonly string[], env: Shell['env'] = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const shell: Shell = { env, stdout, stderr, stdin: new PassThrough(), version: '1.2.3', onInterrupt: () => () => undefined }
  const texts = Promise.all([text(stdout), text(stderr)])
  const code = await main(argv, shell)
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { code, stdout: out, stderr: err }
}

test('the help of a tool lists its fields as options', async () => {
  const { code, stdout } = await reeltime(['run', 'transcode', '--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {6}--codec h264\|h265\|vp9\|av1 .*\[h264\]$/m)
  expect(stdout).toMatch(/^ {6}--no-sound /m)
  expect(stdout).toMatch(/^ {6}--max-height N /m)
  expect(stdout).not.toMatch(/--source /)
})
