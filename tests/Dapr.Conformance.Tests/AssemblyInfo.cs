// Most of a fact is waiting for timers and processes.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]
