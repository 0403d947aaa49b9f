using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Tests.Phases;

public sealed class KuramotoSphereTests
{
    [Fact]
    public void In_two_dimensions_it_is_the_scalar_form()
    {
        const int count = 25;
        var random = new Random(3);
        var (phases, frequencies) = (new double[count], new double[count]);
        for (var i = 0; i < count; i++)
            (phases[i], frequencies[i]) = (2 * Math.PI * random.NextDouble() - Math.PI, random.NextDouble() * 4 - 2);
        var scalar = new Kuramoto(phases, frequencies);
        var sphere = new KuramotoSphere([.. phases.SelectMany(p => new[] { Math.Cos(p), Math.Sin(p) })], [.. frequencies.SelectMany(w => new[] { 0, -w, w, 0 })], 2);
        var (flat, tangential) = (new double[2 * count], new double[count]);
        for (var step = 0; step < 500; step++)
        {
            Brownian.Fill(flat, 0.01, random);
            // The part of dB along the circle is the scalar's dW.
            for (var i = 0; i < count; i++)
                tangential[i] = -sphere.Points[2 * i + 1] * flat[2 * i] + sphere.Points[2 * i] * flat[2 * i + 1];
            sphere.Step(0.01, 1.2, 0.4, flat);
            scalar.Step(0.01, 1.2, 0.4, tangential);
        }
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Math.Cos(scalar.Phases[i]), sphere.Points[2 * i], 1e-9);
            Assert.Equal(Math.Sin(scalar.Phases[i]), sphere.Points[2 * i + 1], 1e-9);
        }
        Assert.Equal(scalar.Order.R, sphere.Order, 1e-9);
    }

    [Theory]
    [InlineData(2), InlineData(3), InlineData(8)]
    public void Every_point_stays_on_the_sphere_and_strong_coupling_aligns_them(int dimensions)
    {
        const int count = 64;
        var random = new Random(dimensions);
        var model = new KuramotoSphere(Normal(count * dimensions), Rotations(), dimensions);
        var increments = new double[count * dimensions];
        for (var step = 0; step < 3000; step++)
        {
            Brownian.Fill(increments, 0.01, random);
            model.Step(0.01, coupling: 8, noise: 0.2, increments);
            for (var i = 0; i < count && step % 100 == 0; i++)
                Assert.Equal(1, Math.Sqrt(model.Points.Slice(i * dimensions, dimensions).ToArray().Sum(x => x * x)), 1e-12);
        }
        Assert.True(model.Order > 0.8, $"{model.Order}");

        double[] Normal(int length)
        {
            var numbers = new double[length];
            Brownian.Fill(numbers, 1, random);
            return numbers;
        }

        double[] Rotations()
        {
            var all = new double[count * dimensions * dimensions];
            for (var i = 0; i < count; i++)
                for (var row = 0; row < dimensions; row++)
                    for (var column = 0; column < row; column++)
                        all[(i * dimensions + column) * dimensions + row] = -(all[(i * dimensions + row) * dimensions + column] = random.NextDouble() - 0.5);
            return all;
        }
    }

    [Fact]
    public void What_is_no_direction_or_no_rotation_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new KuramotoSphere([0, 0], [0, 0, 0, 0], 2));
        Assert.Throws<ArgumentException>(() => new KuramotoSphere([1, double.NaN], [0, 0, 0, 0], 2));
        Assert.Throws<ArgumentException>(() => new KuramotoSphere([1, 0], [0, 1, 1, 0], 2));
        Assert.Throws<ArgumentException>(() => new KuramotoSphere([1, 0, 0], [0, 1, 1, 0], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KuramotoSphere([1], [0], 1));
    }
}
