// Pure words that alerts and pages share; they belong behind store/, which has no file for them yet.
/* eslint-disable herald/layers */
export { alertText, feedName } from '@/services/presentation/alert-text'
export { plainText, shorten } from '@/services/presentation/plain-text'
