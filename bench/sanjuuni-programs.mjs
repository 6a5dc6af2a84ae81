import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandRunner } from '../dist/jobs/command-runner.js'
import { invocationOf } from '../dist/jobs/ffmpeg-engine.js'
import { NO_SANDBOX } from '../dist/jobs/sandbox/sandbox.js'
import { findSanjuuni } from '../dist/jobs/sanjuuni-engine.js'
import { sanjuuniTool } from '../dist/tools/sanjuuni.js'
import { SIZE } from './sanjuuni-clips.mjs'

/** Of its slowest palette a good 20 s are needed. */
const REFERENCE_SECONDS = 120
const SIZE_ARGS = [`--width=${SIZE.width}`, `--height=${SIZE.height}`]
// What the kernel counts /proc/PID/stat in, whatever its own tick (USER_HZ).
const TICKS_PER_SECOND = 100

/** The path of the reference, or undefined where it is not installed. */
export async function findReference() {
  return (await findSanjuuni({ pathVariable: process.env.PATH ?? '', sanjuuniPath: process.env.REELTIME_SANJUUNI, sandbox: NO_SANDBOX }))?.path
}

/** The reference, whose threads now and then wait for each other without end: it is then started once more. */
export async function runReference(reference, { clip, args, output }) {
  const call = { program: reference, args: ['-i', clip, '-o', output, '--disable-opencl', ...SIZE_ARGS, ...args] }
  const limits = { output, limitSeconds: REFERENCE_SECONDS }
  const done = (await run(call, limits)) ?? (await run(call, limits))
  if (!done) throw new Error(`sanjuuni ${args.join(' ')} took more than ${REFERENCE_SECONDS} s twice`)
  return done
}

/** What a job would run for the same arguments, without the hub. */
export async function planConversion(engine, { clip, args, directory }) {
  await mkdir(directory, { recursive: true })
  const runner = new CommandRunner({ engine: async () => engine })
  const probe = (file) => runner.probe(file, { cwd: directory, signal: new AbortController().signal, onComplaint: () => undefined })
  const input = sanjuuniTool.input.parse(jobInput({ source: clip, args }))
  const { commands, artifacts } = await sanjuuniTool.plan(input, { inputs: [clip], outputDirectory: directory, probe })
  const [command] = commands
  if (commands.length !== 1 || command.program !== 'converter') throw new Error('the plan is more than a conversion')
  const { decode } = JSON.parse(command.args[0])
  return {
    convert: () => run(invocationOf(engine, command), { output: join(directory, artifacts[0].file) }),
    /** From a file with what decode() gives. */
    convertFrames: (frames) => run(fedWith(frames, invocationOf(engine, command)), { output: join(directory, artifacts[0].file) }),
    decode: ({ to } = {}) => run(invocationOf(engine, { program: 'ffmpeg', args: decode }), { to }),
  }
}

/** The same conversion with a program instead of ffmpeg that only hands over what it finds in a file. */
function fedWith(frames, { program, args: [main, , ...args] }) {
  return { program, args: [main, JSON.stringify({ program: '/bin/sh', args: ['-c', 'exec cat "$0"', frames] }), ...args] }
}

/** For `submit('sanjuuni', …)`. */
export function jobInput({ source, args }) {
  return { source, args: [...SIZE_ARGS, ...args] }
}

/** Seconds of the wall and of the processors until it ends, with all that it starts; undefined where the limit ended it. Its stdout goes `to` a file. */
async function run({ program, args }, { output, to, limitSeconds = 600 }) {
  const before = childrenSeconds('self')
  const startedAt = performance.now()
  const file = to === undefined ? undefined : openSync(to, 'w')
  const child = spawn(program, args, { stdio: ['ignore', file ?? 'pipe', 'pipe', 'pipe'] })
  for (const pipe of [child.stdout, child.stdio[3]]) pipe?.resume()
  let said = ''
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-1000)))
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let isStopped = false
  const limit = setTimeout(() => {
    isStopped = true
    end()
  }, limitSeconds * 1000)
  const code = await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  clearTimeout(limit)
  process.off('exit', end)
  if (file !== undefined) closeSync(file)
  const seconds = (performance.now() - startedAt) / 1000
  if (isStopped) return undefined
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said}`)
  return { seconds, cpuSeconds: childrenSeconds('self') - before, output, bytes: output === undefined ? 0 : (await stat(output)).size }
}

/**
 * What all processors have done since the start of the machine. Programs behind bubblewrap are nobody's children when they
 * end, so the hub's share cannot be told apart: nothing else may run meanwhile. The bench itself counts with it.
 */
export function busySeconds() {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0].split(/ +/).map(Number)
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND
}

/** Of children that have ended and been waited for, and of theirs. */
function childrenSeconds(pid) {
  const fields = statFields(pid)
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}

function statFields(pid) {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the name, in parentheses, and may hold anything.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')
}

export function readOutput({ output }) {
  return readFile(output)
}
