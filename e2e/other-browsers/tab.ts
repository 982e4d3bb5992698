/** What a script in a page may be given and may answer. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

/** One tab of a browser that a driver steers: as little as a test needs of it, so that each driver gives the same. */
export interface Tab {
  /** Loads the address. */
  go(url: string): Promise<void>
  reload(): Promise<void>
  /** Runs the function in the page, waits for its promise, and answers what it gave. */
  run<Words extends readonly Plain[], T>(
    script: (...words: Words) => T | Promise<T>,
    ...words: Words
  ): Promise<T>
  /** A click of the real mouse at a point of the page as it is on show. */
  clickAt(x: number, y: number): Promise<void>
  /** Brings it before the other tabs. */
  front(): Promise<void>
  close(): Promise<void>
}

/** A profile of its own, as another person's device has. */
export interface Device {
  newTab(): Promise<Tab>
  close(): Promise<void>
}

export interface OtherBrowser {
  /** Name and version, for the report. */
  readonly version: string
  newDevice(): Promise<Device>
  close(): Promise<void>
}
