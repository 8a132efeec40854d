/** Calls `act` with 0, 1, 2 and so on, one after the other in each lane; a lane has what it is made with. */
export async function inLanes<Lane>(
  lanes: readonly Lane[],
  count: number,
  act: (lane: Lane, number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const drive = async (lane: Lane) => {
    while (next < count) await act(lane, next++);
  };
  await Promise.all(lanes.map(drive));
}
