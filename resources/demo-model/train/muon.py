"""The optimizer of the matrices: momentum whose direction is made orthogonal (Muon; K. Jordan and others, 2024)."""
import torch

# Newton-Schulz quintic iteration: its coefficients push all singular values close to 1 in five steps.
A, B, C, STEPS = 3.4445, -4.7750, 2.0315, 5


def orthogonal(stack):
    """Each matrix of stack [n, rows, columns], rows <= columns, with its singular values near 1."""
    x = stack / (stack.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(STEPS):
        square = x @ x.transpose(1, 2)
        x = A * x + (B * square + C * square @ square) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Rates are those of AdamW: a step's root mean square is 0.2 of the rate, as AdamW's is about (J. Liu and others, 2025).
    Matrices of one shape (or its transpose) are worked on as one stack."""

    def __init__(self, matrices, lr, weight_decay, momentum=0.95):
        super().__init__([{"params": list(matrices)}], {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            stacks = {}
            for p in group["params"]:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                direction = p.grad.lerp(velocity, group["momentum"])
                wide = direction if p.shape[0] <= p.shape[1] else direction.T
                stacks.setdefault(wide.shape, []).append((p, wide))
            for shape, entries in stacks.items():
                updates = orthogonal(torch.stack([wide for _, wide in entries]))
                for (p, _), update in zip(entries, updates):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update if p.shape[0] <= p.shape[1] else update.T, alpha=-0.2 * group["lr"] * shape[1] ** 0.5)
