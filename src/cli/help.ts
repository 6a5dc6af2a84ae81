import type { Command, Option } from './command.ts'

/** What `reeltime --help` says. */
export function overview(commands: readonly Command[]): string {
  return [
    'usage: reeltime COMMAND …', '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`), '',
    'reeltime COMMAND --help tells more. --version prints the version.',
    'The hub is that of --url, else of REELTIME_URL, else http://127.0.0.1:5000; start one with reeltime serve.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the hub does not answer, 130 cancelled.', '',
  ].join('\n')
}

/** What `reeltime COMMAND --help` says. */
export async function helpOf({ name, summary, usage, options, notes = [] }: Command, argv: readonly string[] = []): Promise<string> {
  const known = typeof options === 'function' ? await options(argv) : options
  const rows = Object.entries(known).map(([option, spec]) => [flags(option, spec), spec.help] as const)
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2
  return [
    ...usageOf({ name, usage }), '', `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    ...(rows.length > 0 ? ['', ...rows.map(([left, help]) => `  ${left.padEnd(width)}${help}`)] : []),
    ...notes.flatMap((note) => ['', note]), '',
  ].join('\n')
}

export function usageOf({ name, usage }: Pick<Command, 'name' | 'usage'>): readonly string[] {
  return usage.map((line, index) => `${index === 0 ? 'usage:' : '      '} reeltime ${name} ${line}`)
}

function flags(name: string, { short, value }: Option): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
}
