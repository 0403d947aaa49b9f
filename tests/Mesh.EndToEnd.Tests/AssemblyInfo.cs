// Each class starts a whole mesh; two cores carry one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
