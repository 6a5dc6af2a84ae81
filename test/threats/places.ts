/** What attacks aim at: all of it outside the job. */
export interface Places {
  /** Files that nobody may read: flag.txt, private.ts, x.cube, app.env, flag1.png. */
  readonly secret: string
  /** A directory in which nothing may be written. */
  readonly outside: string
  /** `127.0.0.1:PORT` of a server that nobody may connect to. */
  readonly canary: string
}

/** A template with its places filled in: `{canary}` is an address, `{canary:escaped}` one inside a filter's options. */
export function fill(template: string, { secret, outside, canary }: Places): string {
  return template
    .replaceAll('{secret}', secret).replaceAll('{outside}', outside)
    .replaceAll('{canary}', canary).replaceAll('{canary:escaped}', canary.replace(':', '\\\\:'))
    .replaceAll('{nothing}', '').replaceAll('{space}', ' ')
}
