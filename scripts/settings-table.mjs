// Writes the table of settings in README.md from the schema; `--check` only tells whether it is as it should be.
import { readFileSync, writeFileSync } from 'node:fs'
import { configSchema, flagOf } from '../dist/config.js'

const readme = new URL('../README.md', import.meta.url)
const text = readFileSync(readme, 'utf8')
const rows = Object.entries(configSchema.shape).map(([variable, field]) => `| \`${variable}\` | \`${flagOf(variable)}\` | ${defaultOf(variable, field)} | ${field.description} |`)
const table = ['| variable | flag | default | what it is |', '|---|---|---|---|', ...rows].join('\n')
const fresh = text.replace(/<!-- settings -->[\s\S]*?<!-- \/settings -->/, () => `<!-- settings -->\n${table}\n<!-- /settings -->`)
if (process.argv.includes('--check')) process.exitCode = fresh === text ? 0 : 1
else writeFileSync(readme, fresh)

function defaultOf(variable, field) {
  // It differs from machine to machine.
  if (variable === 'REELTIME_CONCURRENCY') return 'the cores'
  const parsed = field.safeParse(undefined)
  const value = parsed.success ? parsed.data : undefined
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0) ? '' : `\`${value}\``
}
