import { tools } from '../tools/registry.ts'
import { TAGS } from './operation.ts'
import { operations } from './operations/index.ts'

/** The hub in a page of Markdown (llmstxt.org), for programs that read before they call. */
export function llmsText(): string {
  const routes = Object.keys(TAGS).flatMap((tag) => [
    '', `### ${tag}`, '',
    ...operations.filter((operation) => operation.tag === tag).map(({ method, path, summary }) => `- \`${method.toUpperCase()} ${path}\`: ${summary}`),
  ])
  return `${[
    '# reeltime', '',
    '> A self-hosted hub for media jobs (ffmpeg and its kin). Submit a job, follow it live, fetch the files it made.', '',
    '## How to use it', '',
    '1. `POST /api/jobs` with `{"tool": NAME, "input": {…}}` answers 202 and the job. A source is an http(s) URL, `upload:ID` (after `PUT /api/uploads/NAME`) or `job:ID/ARTIFACT`.',
    '2. `GET /api/jobs/ID/events` with `Accept: text/event-stream` tells `progress`, `new_logs`, `artifact` and at last `end`; or ask `GET /api/jobs/ID` until `status` is `completed`, `failed` or `cancelled`.',
    '3. `GET /api/jobs/ID/artifacts/NAME` is each file; `artifacts[].url` of the job names them.',
    '', 'Errors are `application/problem+json` with a stable `code`, a `detail` for people, often a `hint`, and `errors[]` that name fields.', '',
    '## Documents', '', '- [OpenAPI 3.1](/openapi.json): all routes, with the schema of each tool’s input', '- [AsyncAPI 3.0](/asyncapi.json): the events of a job', '- [Reference](/docs): the same, for people', '',
    '## Tools', '', ...tools.map(({ name, title }) => `- \`${name}\`: ${title}`), '', '## Routes', ...routes,
  ].join('\n')}\n`
}
