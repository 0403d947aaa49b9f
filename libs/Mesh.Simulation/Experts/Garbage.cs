using Mesh.Contracts.Steps;

namespace Mesh.Simulation.Experts;

/// <summary>Every way in which an answer can be malformed and still be an object of the right type.</summary>
public static class Garbage
{
    public const int Kinds = 14;

    /// <summary>Spoils a good reply in one of the ways.</summary>
    public static void Spoil(StepRequest request, StepReply reply, int vocabularySize, Random random) =>
        Spoil(request, reply, vocabularySize, random.Next(Kinds));

    public static void Spoil(StepRequest request, StepReply reply, int vocabularySize, int kind)
    {
        var good = new SparseDistribution();
        good.CopyFrom(reply.Distributions[0]);
        switch (kind)
        {
            case 0:
                Replace(d => d.Add(good.Ids[0], float.NaN));
                break;
            case 1:
                Replace(d => d.Add(good.Ids[0], float.NegativeInfinity));
                break;
            case 2:
                Replace(d => d.Add(good.Ids[0], float.PositiveInfinity));
                break;
            case 3:
                Replace(d => { d.Add(5, -1); d.Add(2, -1); });
                break;
            case 4:
                Replace(d => { d.Add(2, -1); d.Add(2, -1); });
                break;
            case 5:
                Replace(d => d.Add(vocabularySize, -0.01f));
                break;
            case 6:
                Replace(d => d.Add(-3, -0.01f));
                break;
            case 7:
                Replace(d => d.Add(1, 0.5f));
                break;
            case 8:
                Replace(d => { d.Add(1, -0.1f); d.Add(2, -0.1f); });
                break;
            case 9:
                Replace(d => { d.Add(1, -0.1f); d.Tail = float.NaN; });
                break;
            case 10:
                Replace(d => d.Add(1, -9f));
                break;
            case 11:
                reply.Session = new(reply.Session.Value + 2);
                break;
            case 12:
                reply.Turn += 7;
                break;
            case 13:
                // One distribution more than was asked for, or, when there is no room for more, none.
                if (request.Drafts < StepLimits.Drafts)
                    reply.AddDistribution().CopyFrom(good);
                else
                    reply.Reset(request.Session, request.Turn);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }

        void Replace(Action<SparseDistribution> fill)
        {
            var first = reply.Distributions[0];
            first.Clear();
            fill(first);
        }
    }
}
