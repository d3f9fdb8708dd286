# Reference values of the exact interval: k, n, level of confidence, lower and upper bound of both sides, upper bound of one side.
from scipy.stats import binomtest
import scipy
print("# binomtest(k, n).proportion_ci(0.95, method=\"exact\") of scipy", scipy.__version__, "both sides, and of binomtest(k, n, alternative=\"less\") the upper bound")
print("k\tn\tlow\thigh\tabove")
for k, n in [(0,1),(1,1),(0,10),(1,10),(5,10),(9,10),(10,10),(0,59),(0,60),(0,100),(1,100),(3,100),(50,100),(97,100),(100,100),(0,299),(0,300),(2,300),(7,500),(499,500),(0,3000),(12,3000),(1500,3000),(2999,3000),(0,100000),(13,100000),(50000,100000),(99990,100000),(40,1000000)]:
    two = binomtest(k, n).proportion_ci(0.95, method="exact")
    one = binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact")
    print(f"{k}\t{n}\t{two.low:.15g}\t{two.high:.15g}\t{one.high:.15g}")
