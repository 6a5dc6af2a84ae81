import { mainSourceOf } from './client/client/index.js'
import { chosenKind, chosenSource, onChosenSource } from './chosen-source.js'
import { makeSourceField } from './source-field.js'
import { makeSourceList } from './source-list.js'
import { chosenInput } from './submit-job.js'

/** While an address is being typed nothing is said of it. */
const WHOLE_SOURCE = /^(https?:\/\/[^/]+\/.|upload:[\w-]+$|job:[\w-]+\/.)/i
const ASSUMED = { image: 'assumed:picture', audio: 'assumed:sound', video: 'assumed:film' }

/**
 * What a job of this tool reads: one source, or several in their order. `shown()` is that part of its input as far as it
 * is known, `assumed()` the same with stand-ins for the rest, and `ready()` resolves when all has been sent.
 */
export function makeJobSource({ t, hub, tool }) {
  const main = mainSourceOf(tool.input)
  return main?.least === undefined ? single({ t, hub, tool, main }) : several({ t, hub, main })
}

function single({ t, hub, tool, main }) {
  const field = makeSourceField({ t, hub })
  const part = (source) => main?.put([source]) ?? {}
  return {
    ...field,
    onChange: onChosenSource,
    isMissing: (input) => main !== undefined && !chosenSource() && !('inputs' in input),
    shown: () => part(chosenSource()?.source ?? 'upload:…'),
    assumed(input) {
      const given = chosenSource()?.source
      return 'inputs' in input ? {} : part(given !== undefined && WHOLE_SOURCE.test(given) ? given : ASSUMED[chosenKind()])
    },
    ready: () => chosenInput(tool),
  }
}

function several({ t, hub, main }) {
  const list = makeSourceList({ t, hub })
  return {
    element: list.element, close: list.close, showError: list.showError,
    onChange: list.onChange,
    isMissing: () => list.entries.length < main.least,
    shown: () => main.put(list.entries.map(({ source }) => source ?? 'upload:…')),
    assumed() {
      const sources = list.entries.map(({ source, kind }) => source ?? ASSUMED[kind])
      while (sources.length < main.least) sources.push(ASSUMED.video)
      return main.put(sources)
    },
    ready: async () => main.put(await Promise.all(list.entries.map(({ ready }) => ready))),
  }
}
