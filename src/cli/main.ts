import { HubProblem, HubUnreachableError } from '../client/index.ts'
import { HubError } from '../errors.ts'
import { batch } from './batch.ts'
import { cancel, retry, rm } from './change-jobs.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { frames } from './frames.ts'
import { get } from './get.ts'
import { helpOf, overview, usageOf } from './help.ts'
import { jobs } from './jobs.ts'
import { keys } from './keys.ts'
import { logs } from './logs.ts'
import { plainText } from './plain-text.ts'
import { run } from './run.ts'
import { serve } from './serve.ts'
import { InterruptedError, type Shell, UsageError, write } from './shell.ts'
import { show } from './show.ts'
import { tools } from './tools.ts'
import { watch } from './watch.ts'
import { webhooks } from './webhooks.ts'

const COMMANDS: readonly Command[] = [serve, run, batch, frames, watch, logs, jobs, show, get, cancel, retry, rm, tools, keys, webhooks, doctor]

/** The command line, without the program's own name. Never rejects for what a user or a hub can cause. */
export async function main(argv: readonly string[], shell: Shell): Promise<ExitCode> {
  const [name = '--help', ...args] = argv
  const command = COMMANDS.find((known) => known.name === name)
  try {
    if (name === '--version') await write(shell.stdout, `${shell.version}\n`)
    else if (name === '--help' || name === '-h' || name === 'help') await write(shell.stdout, await helpFor(args[0]))
    else if (!command) throw new UsageError(`there is no command "${name}"; there is ${COMMANDS.map((known) => known.name).join(', ')}`)
    else if (asksForHelp(args)) await write(shell.stdout, await helpOf(command, args))
    else return await command.start(args, shell)
    return EXIT.done
  } catch (error) {
    const { code, lines } = explain(error, command)
    if (lines.length > 0) await write(shell.stderr, lines.map((line) => `${plainText(line)}\n`).join(''))
    return code
  }
}

async function helpFor(name: string | undefined): Promise<string> {
  const command = COMMANDS.find((known) => known.name === name)
  return command ? helpOf(command) : overview(COMMANDS)
}

/** Behind `--` an `-h` is the tool's. */
function asksForHelp(args: readonly string[]): boolean {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return own.includes('--help') || own.includes('-h')
}

function explain(error: unknown, command: Command | undefined): { readonly code: ExitCode; readonly lines: readonly string[] } {
  if (error instanceof InterruptedError) return { code: EXIT.cancelled, lines: [] }
  if (error instanceof UsageError) {
    const usage = command ? [...usageOf(command), `reeltime ${command.name} --help tells more`] : ['reeltime --help tells more']
    return { code: EXIT.usage, lines: [`reeltime: ${error.message}`, ...usage] }
  }
  if (error instanceof HubUnreachableError) {
    return { code: EXIT.unreachable, lines: [`reeltime: ${error.message}`, 'start one with reeltime serve, or name another with --url'] }
  }
  if (error instanceof HubProblem) {
    return {
      code: IS_USAGE.has(error.status) ? EXIT.usage : EXIT.failed,
      lines: [
        `reeltime: ${error.detail}`,
        ...error.errors.map(({ path, message }) => `  ${path}: ${message}`), ...(error.hint ? [error.hint] : []),
      ],
    }
  }
  if (error instanceof HubError) return { code: EXIT.usage, lines: [`reeltime: ${error.message}`, ...(error.hint ? [error.hint] : [])] }
  if (isSystemError(error)) return { code: EXIT.failed, lines: [`reeltime: ${error.message}`] }
  throw error
}

/** What the hub refuses because it was asked for something wrong. */
const IS_USAGE: ReadonlySet<number> = new Set([400, 401, 403, 404, 410, 413, 415, 422])

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
