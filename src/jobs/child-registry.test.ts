import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgetChild, killLeftChildren, recordChild } from './child-registry.ts'

let directory: string
let child: ChildProcess
let pid: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-child-'))
  child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  await once(child, 'spawn')
  pid = child.pid!
})
afterEach(async () => {
  child.kill('SIGKILL')
  await rm(directory, { recursive: true })
})

test('a process that was left running is killed, and forgotten', async () => {
  recordChild(directory, pid)
  const ended = once(child, 'exit')
  expect(await killLeftChildren([directory])).toBe(1)
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(await readdir(directory)).toEqual([])
})

test('it is killed with all of its group', async () => {
  const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  const [grandchild] = await once(shell.stdout, 'data')
  recordChild(directory, shell.pid!)
  expect(await killLeftChildren([directory])).toBe(1)
  await expect.poll(() => readFile(`/proc/${Number(grandchild)}/stat`, 'utf8').then((stat) => stat.includes(') Z '), () => true)).toBe(true)
})

test.each([
  ['started at another time', { startedAt: '1' }],
  ['ran before the machine was booted again', { boot: '00000000-0000-0000-0000-000000000000' }],
])('another process that has the same pid is left alone: the noted one %s', async (_, difference) => {
  recordChild(directory, pid)
  const file = join(directory, 'child.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...difference }))
  expect(await killLeftChildren([directory])).toBe(0)
  expect(process.kill(pid, 0)).toBe(true)
})

test('a process that is not the leader of its group is not noted, since its group is not ours', async () => {
  const member = spawn('sleep', ['1000'], { stdio: 'ignore' })
  await once(member, 'spawn')
  recordChild(directory, member.pid!)
  expect(await killLeftChildren([directory])).toBe(0)
  expect(process.kill(member.pid!, 0)).toBe(true)
  member.kill()
})

test('a process that has ended is not looked for', async () => {
  recordChild(directory, pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await killLeftChildren([directory])).toBe(0)
})

test('a process that is forgotten is not killed', async () => {
  recordChild(directory, pid)
  await forgetChild(directory)
  expect(await killLeftChildren([directory])).toBe(0)
  expect(process.kill(pid, 0)).toBe(true)
})

test.each([
  '', '{', '{"pid":-1,"startedAt":"1","boot":"x"}', '{"pid":"1"}', 'null',
])('a note that says %j is no reason to kill anything', async (note) => {
  await writeFile(join(directory, 'child.json'), note)
  expect(await killLeftChildren([directory, join(directory, 'not-there')])).toBe(0)
})
