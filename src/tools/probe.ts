import { z } from 'zod'
import { parseMediaReport, reportArgs } from './media-report.ts'
import { sourceField } from './source-field.ts'
import type { OutputLine, OutputParser, Tool, ToolUpdate } from './tool.ts'

const input = z.strictObject({ source: sourceField })

export type ProbeInput = z.infer<typeof input>

/** What is in a file. `POST /api/probe` answers the same at once; a job may take its time to fetch a large one. */
export const probeTool: Tool<ProbeInput> = {
  name: 'probe',
  title: 'Tell what is in a media file',
  input,
  sources: ({ source }) => [source],
  async plan(_, { inputs: [file = ''], probe }) {
    // Says why where it is no media.
    await probe(file)
    return { commands: [{ program: 'ffprobe', args: reportArgs(file), createParser: () => new ReportParser(file) }], artifacts: [] }
  },
}

const MOST_CHARACTERS = 8 * 1024 ** 2

/** What ffprobe prints as JSON becomes an artifact, and its complaints are lines of the log. */
class ReportParser implements OutputParser {
  readonly #file: string
  readonly #lines: string[] = []
  #characters = 0

  constructor(file: string) {
    this.#file = file
  }

  push({ source, text }: OutputLine): readonly ToolUpdate[] {
    if (source !== 'stdout') return [{ type: 'log', level: 'warning', text: text.replaceAll(this.#file, 'input') }]
    this.#characters += text.length
    if (this.#characters <= MOST_CHARACTERS) this.#lines.push(text)
    return []
  }

  end(): readonly ToolUpdate[] {
    const text = `${JSON.stringify(parseMediaReport(this.#lines.join('\n')), null, 2)}\n`
    return [{ type: 'artifact', artifact: { file: 'media.json', contentType: 'application/json', text } }]
  }
}
