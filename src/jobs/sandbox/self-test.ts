import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOutput } from '../run-command.ts'
import type { Invocation, Sandbox } from './sandbox.ts'

/** Tries to get through the wall, and says what has got through or does not work behind it; undefined when all is as it should be. */
export async function findGap(sandbox: Sandbox, ffmpeg: Invocation | undefined): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'reeltime-wall-'))
  const server = createServer((socket) => socket.destroy())
  let calls = 0
  server.on('connection', () => calls++)
  try {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const [canary, input, output] = [join(directory, 'canary'), join(directory, 'input'), join(directory, 'out')]
    await Promise.all([writeFile(canary, 'canary'), writeFile(input, 'input'), mkdir(output)])
    const { port } = server.address() as AddressInfo
    const gaps = await Promise.all([
      tryToGetOut({ sandbox, canary, input, output, port }),
      ffmpeg && encode(sandbox, ffmpeg, output),
    ])
    const made = (await readdir(directory)).filter((name) => !['canary', 'input', 'out'].includes(name))
    return gaps.find((gap) => gap !== undefined) ?? (calls > 0 ? 'the network is reached' : made.length > 0 ? 'files are written outside' : undefined)
  } finally {
    server.close()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Trial {
  readonly sandbox: Sandbox
  readonly canary: string
  readonly input: string
  readonly output: string
  readonly port: number
}

/** By a program that tells what it was able to do. The folder of the canary is not there, so a write into it must fail. */
async function tryToGetOut({ sandbox, canary, input, output, port }: Trial): Promise<string | undefined> {
  const { stdout, stderr } = await readOutput({
    program: process.execPath, args: ['-e', ESCAPES, canary, String(port), output], cwd: output, reads: [input], writes: output, sandbox, timeoutMs: TRY_MS,
  })
  if (stdout.trim() === 'input') return undefined
  return stdout.trim() === '' ? `Node does not run behind it: ${stderr.trim().split('\n')[0]}` : stdout.trim()
}

const ESCAPES = `
const fs = require('fs'), [, canary, port] = process.argv, can = (what, action) => { try { action(); console.log(what) } catch {} }
can('a file outside is read', () => fs.readFileSync(canary))
can('a file outside is written', () => fs.writeFileSync(canary + '-written', 'x'))
for (const folder of ['/', '/dev/shm/', '/usr/lib/']) can(folder + ' is written', () => {
  const file = folder + '.reeltime-wall-' + process.pid
  fs.writeFileSync(file, 'x')
  fs.unlinkSync(file)
})
can('the input is written', () => fs.appendFileSync('/in/0', 'x'))
fs.writeFileSync('written', 'x')
const socket = require('net').connect(port, '127.0.0.1', () => { console.log('the network is reached'); socket.destroy() })
socket.on('error', () => console.log(fs.readFileSync('/in/0', 'utf8')))
`

async function encode(sandbox: Sandbox, { program, args, needs }: Invocation, output: string): Promise<string | undefined> {
  const { exitCode, stderr } = await readOutput({
    program, needs: needs ?? [], sandbox, cwd: output, writes: output, timeoutMs: TRY_MS,
    args: [...args, '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5', '-frames:v', '5', '-c:v', 'mpeg4', '-f', 'avi', `${output}/trial`],
  })
  return exitCode === 0 ? undefined : `ffmpeg does not run behind it: ${stderr.trim().split('\n')[0]}`
}

const TRY_MS = 20_000
