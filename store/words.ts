// What alerts and pages say alike: pure functions, which pages may not take from services themselves.
export { alertText, feedName } from '../locale/alert-text'
export { plainText, shorten } from '../locale/plain-text'
