// What alerts and pages say alike: pure functions, which pages may not take from services themselves.
export { alertText, feedName } from '@/services/presentation/alert-text'
export { plainText, shorten } from '@/services/presentation/plain-text'
