// H5: the code that the first list does not need, in one chunk. Whatever can raise a banner comes with what draws it:
// a network that stalls after the start can keep none of them back.
export { startHerald } from '@/store/start'
export { mountBannerHost } from './banner-host'
