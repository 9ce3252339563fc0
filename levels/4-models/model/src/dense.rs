//! One layer of the network.

/// A fully connected layer: `y = W x + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Width of what comes in.
    pub inputs: usize,
    /// Width of what goes out.
    pub outputs: usize,
    /// Row by row: all weights of the first output, then all of the second.
    pub weights: Vec<f32>,
    /// One per output.
    pub bias: Vec<f32>,
}

impl Dense {
    /// `W x`, without the bias: the explanation needs it apart, because along a ray from zero only this part grows.
    pub(crate) fn product(&self, x: &[f32], out: &mut [f32]) {
        for (out, row) in out.iter_mut().zip(self.weights.chunks_exact(self.inputs)) {
            *out = dot(row, x);
        }
    }

    pub(crate) fn forward(&self, x: &[f32], out: &mut [f32]) {
        for ((out, row), bias) in out.iter_mut().zip(self.weights.chunks_exact(self.inputs)).zip(&self.bias) {
            *out = dot(row, x) + bias;
        }
    }

    /// `Wᵀ g`: the gradient at the inputs from the gradient at the outputs.
    pub(crate) fn backward(&self, gradient: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        for (&g, row) in gradient.iter().zip(self.weights.chunks_exact(self.inputs)) {
            if g != 0.0 {
                for (out, w) in out.iter_mut().zip(row) {
                    *out += g * w;
                }
            }
        }
    }
}

/// Sixteen running sums let the compiler use the vector registers, and always add up in the same order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0] + rest
}
