import { expect, test } from 'vitest'
import { DEFAULT_LIMITS, findSandbox, type Invocation } from './sandbox.ts'

const command: Invocation = { program: '/usr/bin/ffmpeg', args: ['-i', '--nofile=9'] }
const uses = (name: string) => ({ program, args }: Invocation) => [program, ...args].some((word) => word.endsWith(`/${name}`))

test('the strongest wall ends programs with the server and limits what they take', async () => {
  const { wall, limits, reason, wrap } = await findSandbox(async () => true)
  expect({ wall, limits, reason }).toEqual({ wall: 'restricted', limits: ['core', 'fsize', 'nofile'], reason: undefined })
  const { program, args } = wrap(command, { fsize: 123 })
  expect(program).toMatch(/\/setpriv$/)
  expect(args.slice(0, 4)).toEqual(['--pdeathsig', 'KILL', '--no-new-privs', '--'])
  expect(args.slice(5)).toEqual(['--core=0', '--fsize=123', `--nofile=${DEFAULT_LIMITS.nofile}`, '--', command.program, ...command.args])
})

test('where limits may not be set the rest of the wall stands, and it is said', async () => {
  const { wall, limits, reason, wrap } = await findSandbox(async (probe) => !uses('prlimit')(probe))
  expect({ wall, limits }).toEqual({ wall: 'restricted', limits: [] })
  expect(reason).toContain('prlimit')
  expect(uses('prlimit')(wrap(command))).toBe(false)
  expect(uses('setpriv')(wrap(command))).toBe(true)
})

test('without setpriv limits stand alone and that is called no wall', async () => {
  const { wall, limits, reason } = await findSandbox(async (probe) => !uses('setpriv')(probe))
  expect({ wall, limits }).toEqual({ wall: 'none', limits: ['core', 'fsize', 'nofile'] })
  expect(reason).toContain('setpriv')
})

test('where nothing works a command runs plainly', async () => {
  const { wall, limits, wrap } = await findSandbox(async () => false)
  expect({ wall, limits }).toEqual({ wall: 'none', limits: [] })
  expect(wrap(command)).toEqual(command)
})
