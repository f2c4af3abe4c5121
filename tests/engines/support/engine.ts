/** A browser engine, driven through the few actions that every engine's driver offers. */
export interface Engine {
  /** Opens a browser without cookies or storage, with one empty tab. */
  open(): Promise<Browser>;
  /** Ends what the engine's browsers share. */
  close(): Promise<void>;
}

export interface Browser {
  readonly tab: Tab;
  /** Every open tab and window, in any order. */
  tabs(): Promise<readonly Tab[]>;
  close(): Promise<void>;
}

export interface Tab {
  /** The same for the same tab. */
  readonly id: string;
  goTo(url: string): Promise<void>;
  reload(): Promise<void>;
  url(): Promise<string>;
  /** The value of an expression in the page. It must be JSON. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Clicks with the mouse, at a point of the viewport in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** Presses a key as a person would. */
  press(key: 'Tab' | 'Enter' | ' '): Promise<void>;
  type(text: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
}
