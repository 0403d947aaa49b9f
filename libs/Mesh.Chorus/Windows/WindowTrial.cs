namespace Mesh.Chorus.Windows;

/// <summary>
/// Beginning at once against waiting for all expected, tried in turns by what counts: answered steps a second. The wall clock is cut into groups of four epochs, whose length follows from how long a decode takes; in a group of trial every expert of
/// the mesh whose clock agrees takes the arms at once, all, all, at once in the same epochs (experts share sessions, so one alone would measure the others), otherwise the arm it has found faster.
/// Groups of trial are those whose number is divisible by two to a level that rises while the answer stays the same, and at once as far as the slower arm's loss makes its trials dear.
/// For one thread; <see cref="Arm"/>, <see cref="Gain"/> and <see cref="Trials"/> may be read by any.
/// </summary>
public sealed class WindowTrial
{
    /// <summary>Share of all steps that trials of the slower arm may cost once its loss is known.</summary>
    private const double Budget = 0.005;

    /// <summary>One group of trial in 2 to this at least, so that another load is noticed.</summary>
    private const int MostLevel = 5;

    /// <summary>A gain in the rate that is worth a change, as a logarithm: ties begin at once.</summary>
    private const double WorthIt = 0.01;

    private const int Confirming = 1;   // level of the trials after a change
    private const double Sure = 3;   // spreads that a change away from beginning at once asks for
    private const int Epochs = 4;
    private const double Settling = 0.25;   // of an epoch, not counted: batches of the other arm are under way
    private const int LeastDecodes = 8;     // of an epoch, or it says nothing
    private const double Forgetting = 0.5;  // of what earlier trials said, at each
    private const double PriorSpread = 0.05, PriorWeight = 2;
    private readonly TimeProvider _time;
    private readonly double[] _rates = new double[Epochs];
    private TimeSpan _epoch = Epoch.Shortest, _decode;
    private bool _isWhole;   // the group was there from its first epoch on
    private long _number = -Epochs, _begin, _end, _answered, _decodes;
    private double _weight, _mean, _squares;
    private int _level;
    private volatile WindowPolicy _arm = WindowPolicy.AtOnce;
    private WindowPolicy _faster = WindowPolicy.AtOnce;
    private int _trials;

    public WindowTrial(TimeProvider time) => _time = time;

    /// <summary>The policy of the epoch that was last looked at.</summary>
    public WindowPolicy Arm => _arm;

    /// <summary>What waiting for all expected has been worth lately, as a share of the rate of beginning at once: 0.1 is a tenth more.</summary>
    public double Gain => Math.Exp(Volatile.Read(ref _mean)) - 1;

    /// <summary>Groups that were tried to their end.</summary>
    public int Trials => Volatile.Read(ref _trials);

    /// <summary>Looks at the clock: the policy of this moment.</summary>
    public WindowPolicy Look()
    {
        var now = _time.GetUtcNow().Ticks;
        if (now / _epoch.Ticks != _number)
            Turn(now);
        return _arm;
    }

    /// <summary>A decode has ended; <see cref="OnAnswer"/> follows for each step it brought to its end.</summary>
    /// <param name="mean">Of a decode lately.</param>
    public void OnDecode(TimeSpan mean)
    {
        _decode = mean;
        Look();
        var now = _time.GetUtcNow().Ticks;
        if (now - _number * _epoch.Ticks < Settling * _epoch.Ticks)
            return;
        // From the end of the first decode that counts to the end of the last: what lies between is whole decodes.
        if (_decodes++ == 0)
            _begin = now;
        _end = now;
    }

    public void OnAnswer()
    {
        if (_decodes > 1)
            _answered++;
    }

    private void Turn(long now)
    {
        if (IsTrial(_number))
            _rates[_number % Epochs] = _decodes > LeastDecodes && _answered > 0 && _end > _begin ? _answered / (double)(_end - _begin) : 0;
        var number = now / _epoch.Ticks;
        if (number / Epochs != _number / Epochs)
        {
            // Changed only between two groups: the four epochs of one are of one length. Where they were of the wrong one, it says nothing.
            var epoch = Epoch.For(_decode, _epoch);
            if (_isWhole && IsTrial(_number) && epoch == _epoch)
                Conclude();
            Array.Clear(_rates);
            _epoch = epoch;
            number = now / _epoch.Ticks;
            _isWhole = number % Epochs == 0;
        }
        (_number, _answered, _decodes) = (number, 0, 0);
        _arm = !IsTrial(number) ? _faster : number % Epochs is 1 or 2 ? WindowPolicy.AllExpected : WindowPolicy.AtOnce;
    }

    private bool IsTrial(long number) => number >= 0 && number / Epochs % (1 << _level) == 0;

    /// <summary>Two pairs in an order in which a load that rises or falls evenly favours neither arm.</summary>
    private void Conclude()
    {
        if (Array.IndexOf(_rates, 0) >= 0)
        {
            // So few steps that nothing can be told: nor is there much to win.
            _level = Math.Min(MostLevel, _level + 1);
            return;
        }
        (_weight, _squares) = (_weight * Forgetting, _squares * Forgetting);
        Learn(Math.Log(_rates[1] / _rates[0]));
        Learn(Math.Log(_rates[2] / _rates[3]));
        Interlocked.Increment(ref _trials);
        var spread = Math.Sqrt((PriorWeight * PriorSpread * PriorSpread + _squares) / (PriorWeight + _weight) / _weight);
        // Half a group is spent on the slower arm.
        var dear = (int)Math.Ceiling(Math.Log2(Math.Max(1, Math.Abs(_mean) / 2 / Budget)));
        if (_faster == WindowPolicy.AtOnce ? _mean - Sure * spread > WorthIt : _mean + spread < WorthIt)
        {
            _faster = _faster == WindowPolicy.AtOnce ? WindowPolicy.AllExpected : WindowPolicy.AtOnce;
            _level = Confirming;
        }
        else
            _level = Math.Clamp(dear, Math.Min(MostLevel, _level + 1), MostLevel);
    }

    private void Learn(double gain)
    {
        _weight++;
        var error = gain - _mean;
        Volatile.Write(ref _mean, _mean + error / _weight);
        _squares += error * (gain - _mean);
    }
}
