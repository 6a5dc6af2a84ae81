import { HubProblem } from './client/client/index.js'
import { fill, h, icon, setText } from './dom.js'
import { toast } from './toast.js'

/** After the last key. */
const PAUSE_MS = 300

/**
 * The commands that a job would run, asked of the hub as the form changes. `onAnswer` hears what the hub refuses, each
 * with its path, or an empty list.
 */
export function makePlannedCommands({ t, hub, tool, onAnswer }) {
  const lines = h('ol', { class: 'commands', role: 'list' })
  const note = h('p', { class: 'soft small' })
  const element = h('section', { class: 'card planned', 'aria-labelledby': 'planned-title', hidden: true },
    h('div', { class: 'card-head' }, h('h2', { id: 'planned-title' }, t('new.runs'))), h('div', { class: 'card-body' }, lines, note))
  let timer
  let asking

  return {
    element,
    /** Of the newest call only is there an answer. */
    ask(input) {
      clearTimeout(timer)
      asking?.abort()
      timer = setTimeout(() => run(input), PAUSE_MS)
    },
    /** Nor of that one any more. */
    stop() {
      clearTimeout(timer)
      asking?.abort()
    },
  }

  async function run(input) {
    const own = new AbortController()
    asking = own
    element.toggleAttribute('data-busy', true)
    try {
      const plan = await hub.plan(tool.name, input, { signal: own.signal })
      if (own.signal.aborted) return
      show(plan)
      onAnswer([])
    } catch (error) {
      if (own.signal.aborted) return
      refused(error)
    } finally {
      if (asking === own) element.toggleAttribute('data-busy', false)
    }
  }

  function show({ commands, sources, assumed, reason }) {
    element.hidden = false
    fill(lines, commands.map(({ shell }) => h('li', {}, h('pre', { class: 'pane command', tabindex: 0, 'aria-label': t('new.command') }, shell),
      h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, 'aria-label': t('new.copy_command'), title: t('new.copy_command'), onClick: () => copy(shell) }, icon('copy')))))
    const kind = sources.find((source) => source.assumed)?.assumed
    setText(note, reason ?? (assumed ? t(`new.assumed_${kind}`) : ''))
    note.hidden = note.textContent === ''
  }

  /** What was shown no longer holds. A hub that is away or has had enough for now says nothing of the form. */
  function refused(error) {
    if (!(error instanceof HubProblem) || error.status === 429) return
    element.hidden = true
    onAnswer(error.errors.length > 0 ? error.errors : [{ path: '', message: error.detail }])
  }

  async function copy(text) {
    await navigator.clipboard.writeText(text)
    toast(t('new.copied'))
  }
}
