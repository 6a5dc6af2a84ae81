import { language } from './language.js'

const locale = language === 'zh' ? 'zh-CN' : 'en'
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
const timeOfDay = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })

/** `0:08`, `1:02:03` */
export function clock(seconds) {
  const rounded = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60]
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${tail}` : tail
}

/** How long something took: `0.4 s`, and from ten seconds on `0:12`. */
export function took(seconds) {
  return seconds < 9.95 ? `${oneDigit.format(Math.max(0, seconds))} s` : clock(seconds)
}

export function bytes(count) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 && unit > 0 ? oneDigit.format(value) : whole.format(value)} ${units[unit]}`
}

export function number(value) {
  return whole.format(value)
}

/** Never 100 before it is. */
export function percent(progress) {
  return `${progress >= 100 ? 100 : Math.floor(progress)} %`
}

export function speed(value) {
  return `${value < 10 ? oneDigit.format(value) : whole.format(value)}×`
}

/** `5 min ago` */
export function ago(milliseconds) {
  const seconds = (Date.now() - milliseconds) / 1000
  if (seconds < 45) return relative.format(0, 'second')
  if (seconds < 3600) return relative.format(-Math.max(1, Math.round(seconds / 60)), 'minute')
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), 'hour')
  return relative.format(-Math.round(seconds / 86_400), 'day')
}

/** The day too, unless it is today. */
export function timeOf(milliseconds) {
  const isToday = new Date(milliseconds).toDateString() === new Date().toDateString()
  return (isToday ? timeOfDay : moment).format(milliseconds)
}
