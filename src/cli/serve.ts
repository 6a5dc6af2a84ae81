import type { Command } from './command.ts'
import { EXIT } from './exit-code.ts'

/** Its options are the settings of the hub, which reads them itself. */
export const serve: Command = {
  name: 'serve',
  summary: 'run a hub here',
  usage: ['[--port PORT] [OPTION VALUE…]'],
  async options() {
    const { configSchema, flagOf } = await import('../config.ts')
    return Object.fromEntries(Object.entries(configSchema.shape).map(([variable, { description }]) =>
      [flagOf(variable).slice(2), { type: 'string', value: 'VALUE', help: `${description ?? ''} (${variable})` } as const]))
  },
  async start(argv, shell) {
    const server = await import('../server.ts')
    await server.serve(argv, { ...shell.env })
    return EXIT.done
  },
}
