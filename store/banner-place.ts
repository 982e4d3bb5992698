import { ref } from 'vue'
import type { BannerPlace } from '../services/presentation/presentation'

/** Where the page on show wants its banner. The pages set it; the banners of H5, mini-program and App follow it. */
export const bannerPlace = ref<BannerPlace>('over')
