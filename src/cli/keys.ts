import { resolve } from 'node:path'
import type { StoredKey } from '../access/key-file.ts'
import type { Scope } from '../access/policy.ts'
import { defineCommand, theOnly } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { type Shell, UsageError, write } from './shell.ts'
import { formatBytes } from './units.ts'

export const keys = defineCommand({
  name: 'keys',
  summary: 'make, list and revoke the keys of a hub',
  usage: ['add NAME [--scopes submit,read] [--tools TOOL,…] [--no-args] [--concurrency N] [--minutes-per-day N] [--bytes-per-day N]', 'list', 'revoke ID'],
  options: {
    scopes: { type: 'string', value: 'SCOPE,…', help: 'submit (run jobs, send files), read (list its own jobs), admin (all jobs of all); submit,read' },
    tools: { type: 'string', value: 'TOOL,…', help: 'only these tools' },
    'no-args': { type: 'boolean', help: 'only jobs without arguments of their own' },
    concurrency: { type: 'string', value: 'N', help: 'how many of its jobs run at the same time' },
    'minutes-per-day': { type: 'string', value: 'N', help: 'how long its jobs may work in a day' },
    'bytes-per-day': { type: 'string', value: 'N', help: 'how much it may send and have fetched in a day, for example 500M or 10G' },
    'data-dir': { type: 'string', value: 'DIR', help: 'of the hub; else REELTIME_DATA_DIR, else ./data' },
    json: { type: 'boolean', help: 'JSON on stdout, one value on each line' },
  },
  notes: ['Works on the data directory itself, whether the hub runs or not; one that runs notices with the next request.'],
  async run({ shell, values, positionals: [action, ...words] }) {
    const { keyFileIn } = await import('../access/key-file.ts')
    const path = keyFileIn(resolve(values['data-dir'] ?? (shell.env.REELTIME_DATA_DIR || './data')))
    const call = { shell, values, path }
    if (action === 'add') return add(theOnly(words, 'NAME'), call)
    if (action === 'revoke') return revoke(theOnly(words, 'ID'), call)
    if (action === 'list' && words.length === 0) return list(call)
    if (action === undefined) throw new UsageError('add, list or revoke is missing')
    throw new UsageError(`there is no "keys ${[action, ...words].join(' ')}"; there is add NAME, list and revoke ID`)
  },
})

interface KeysCall {
  readonly shell: Shell
  readonly path: string
  readonly values: {
    readonly [Name in 'scopes' | 'tools' | 'concurrency' | 'minutes-per-day' | 'bytes-per-day']?: string
  } & { readonly 'no-args'?: boolean; readonly json?: boolean }
}

async function add(name: string, { shell, path, values }: KeysCall): Promise<ExitCode> {
  const { changeKeyFile, makeKey } = await import('../access/key-file.ts')
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._ @-]{0,63}$/u.test(name)) throw new UsageError(`NAME takes 1 to 64 letters, digits, spaces and ._@-, not "${name}"`)
  const concurrency = positive(values.concurrency, 'concurrency')
  if (concurrency !== undefined && !Number.isInteger(concurrency)) throw new UsageError('--concurrency takes a whole number')
  const { secret, key } = makeKey({
    name, scopes: await readScopes(values.scopes), tools: await readTools(values.tools), args: values['no-args'] ? 'refused' : 'allowed', concurrency,
    minutesPerDay: positive(values['minutes-per-day'], 'minutes-per-day'), bytesPerDay: readBytes(values['bytes-per-day']),
  })
  await changeKeyFile(path, (known) => [...known, key])
  if (values.json) await write(shell.stdout, jsonLine({ ...shown(key), key: secret }))
  else {
    await write(shell.stdout, `${secret}\n`)
    await write(shell.stderr, `This is the key ${key.id} of ${plainText(name)}; it is shown this once. It may ${summaryOf(key)}.\n`)
  }
  return EXIT.done
}

async function list({ shell, path, values }: KeysCall): Promise<ExitCode> {
  const { readKeyFile } = await import('../access/key-file.ts')
  const known = readKeyFile(path)
  if (values.json) for (const key of known) await write(shell.stdout, jsonLine(shown(key)))
  else {
    await write(shell.stdout, row(['ID', 'NAME', 'MADE', 'MAY']))
    for (const key of known) await write(shell.stdout, row([key.id, plainText(key.name), new Date(key.createdAt).toISOString().slice(0, 10), summaryOf(key)]))
  }
  return EXIT.done
}

async function revoke(id: string, { path }: KeysCall): Promise<ExitCode> {
  const { changeKeyFile } = await import('../access/key-file.ts')
  await changeKeyFile(path, (known) => {
    if (!known.some((key) => key.id === id)) throw new UsageError(`there is no key ${id}; "reeltime keys list" shows which there are`)
    return known.filter((key) => key.id !== id)
  })
  return EXIT.done
}

function shown({ hash: _, ...key }: StoredKey): Omit<StoredKey, 'hash'> {
  return key
}

function summaryOf({ scopes, tools, args, concurrency, minutesPerDay, bytesPerDay }: StoredKey): string {
  return [
    scopes.join(' '), ...(tools ? [`only ${tools.join(' ')}`] : []), ...(args === 'refused' ? ['no args'] : []),
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]), ...(minutesPerDay === undefined ? [] : [`${minutesPerDay} min a day`]),
    ...(bytesPerDay === undefined ? [] : [`${formatBytes(bytesPerDay)} a day`]),
  ].join(', ')
}

function row([id = '', name = '', made = '', may = '']: readonly string[]): string {
  return `${id.padEnd(12)}${name.padEnd(20)} ${made.padEnd(12)}${may}\n`
}

async function readScopes(text = 'submit,read'): Promise<Scope[]> {
  const { SCOPES } = await import('../access/policy.ts')
  return text.split(',').map((name) => {
    const scope = SCOPES.find((known) => known === name)
    if (!scope) throw new UsageError(`--scopes takes ${SCOPES.join(', ')}, not "${name}"`)
    return scope
  })
}

async function readTools(text: string | undefined): Promise<string[] | undefined> {
  if (text === undefined) return undefined
  const { tools } = await import('../tools/registry.ts')
  const names = tools.map(({ name }) => name)
  const wrong = text.split(',').find((name) => !names.includes(name))
  if (wrong !== undefined) throw new UsageError(`--tools takes ${names.join(', ')}, not "${wrong}"`)
  return text.split(',')
}

function positive(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+(?:\.\d+)?$/.test(text) || Number(text) <= 0) throw new UsageError(`--${option} takes a number above 0, not "${text}"`)
  return Number(text)
}

const POWER: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 }

function readBytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(text) ?? []
  const bytes = Math.floor(Number(number) * 1000 ** (POWER[unit.toLowerCase()] ?? 0))
  if (number === '' || bytes < 1) throw new UsageError(`--bytes-per-day takes bytes, for example 500M or 10G, not "${text}"`)
  return bytes
}
