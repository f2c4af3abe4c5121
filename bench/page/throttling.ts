import type { CDPSession } from 'playwright-core';

const CPU_SLOWDOWN = 4;
const LATENCY_MS = 150;
const DOWN_KBIT = 1600;
const UP_KBIT = 750;

export const THROTTLING = `${CPU_SLOWDOWN}x CPU, ${DOWN_KBIT / 1000} Mbit/s down, ${UP_KBIT} kbit/s up, ${LATENCY_MS} ms latency`;

/** Gives a tab the processor and the network of a phone on a slow connection, for everything that it loads from now on. */
export async function throttle(devTools: CDPSession): Promise<void> {
  const bytesPerSecond = (kbit: number) => (kbit * 1000) / 8;
  await devTools.send('Network.enable');
  await devTools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LATENCY_MS,
    downloadThroughput: bytesPerSecond(DOWN_KBIT),
    uploadThroughput: bytesPerSecond(UP_KBIT),
  });
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
}
