import type { ToolInfo } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT } from './exit-code.ts'
import { openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { interruptible, UsageError, write } from './shell.ts'

export const tools = defineCommand({
  name: 'tools',
  summary: 'list what the hub can do, or what one tool takes',
  usage: ['[TOOL]'],
  options: HUB_OPTIONS,
  run: ({ shell, values, positionals: [name, ...others] }) => interruptible(shell, async (signal) => {
    if (others.length > 0) throw new UsageError(`"${others[0]}" is one argument too many`)
    const known = await openHub(shell, values).tools({ signal })
    const wanted = known.filter((tool) => name === undefined || tool.name === name)
    if (wanted.length === 0) throw new UsageError(`there is no tool "${name}"; there is ${known.map((tool) => tool.name).join(', ')}`)
    const render = (tool: ToolInfo) => values.json ? jsonLine(tool) : describe(tool, { detail: name === undefined ? 'title' : 'input' })
    await write(shell.stdout, wanted.map(render).join(''))
    return EXIT.done
  }),
})

function describe({ name, title, input, presets = [] }: ToolInfo, { detail }: { readonly detail: 'title' | 'input' }): string {
  const head = `${plainText(name).padEnd(16)}${plainText(title)}\n`
  if (detail === 'title') return head
  const shown = presets.map((preset) => `  --preset ${plainText(preset.name).padEnd(18)}${plainText(preset.title)}\n`).join('')
  return `${head}${shown}${JSON.stringify(input, null, 2)}\n`
}
