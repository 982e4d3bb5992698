import { defineHeraldStore } from '@herald/uni'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { fetchCustomer } from './backend'

/** Who is signed in to the shop. */
export const useCustomerStore = defineStore('customer', () => {
  const name = ref(null)
  return {
    name,
    load: async () => {
      name.value = await fetchCustomer()
    },
  }
})

export const useHeraldStore = defineHeraldStore(defineStore)
