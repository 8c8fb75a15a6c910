# shellcheck shell=bash
# Sourced first by the tests of the Slurm scripts: starts the test again in process, network and mount namespaces of
# its own, and there a Slurm cluster of two nodes on loopback. Nothing can stay behind: with the test, however it ends,
# its namespaces end, and every process in them. A machine that cannot do this skips the test and says why.

skip() {
  echo "skipped: $1"
  exit 77
}

if [ -z "${GANTRAIN_CLUSTER:-}" ]; then
  for program in setpriv unshare ip munged slurmctld slurmd srun; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || skip "$program is missing (Debian: slurm-wlm munge iproute2)"
  done
  [ "$(id -u)" -eq 0 ] || skip "a Slurm cluster of its own needs root"
  spaces=(setpriv --pdeathsig KILL unshare --net --uts --pid --mount --fork --kill-child --mount-proc)
  "${spaces[@]}" ip link set lo up 2>/dev/null || skip "namespaces cannot be made here"
  # Short, and open to all on the way, as munged wants it.
  GANTRAIN_CLUSTER=$(mktemp -d /tmp/gantrain-slurm.XXXXXX) || exit 1
  export GANTRAIN_CLUSTER
  trap 'rm -rf "$GANTRAIN_CLUSTER"' EXIT
  "${spaces[@]}" bash "$(realpath "$0")" "$@"
  exit
fi
trap 'exit 130' INT TERM # the first process of a namespace has no default actions

cluster=$GANTRAIN_CLUSTER
export PATH=$PATH:/usr/sbin:/sbin SLURM_CONF=$cluster/etc/slurm.conf
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# Two ranks share every core of a small machine, so a waiting one gives way; and no interface but loopback.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo

cluster_configure() {
  local node
  cat <<END
ClusterName=gantrain
SlurmctldHost=localhost(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/sock,cred_expire=5
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
TmpFS=$cluster/tmp/%n
SlurmctldPidFile=$cluster/run/slurmctld.pid
SlurmdPidFile=$cluster/run/%n.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdLogFile=$cluster/log/%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=${task_plugin:-task/none}
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=${kill_wait:-5}
SlurmdTimeout=10
MinJobAge=300
SlurmdParameters=config_overrides
END
  for node in 1 2; do
    echo "NodeName=n$node NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((16817 + node)) CPUs=2 CoresPerSocket=2" \
      "RealMemory=2000 State=UNKNOWN"
  done
  echo "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

cluster_start() {
  local node end=$((SECONDS + 20))
  chmod 755 "$cluster"
  mkdir -p "$cluster"/{munge,state,log,run,etc,work} "$cluster"/{spool,tmp}/n{1,2}
  ip link set lo up
  ip address add 10.77.0.1/32 dev lo # names resolve only where there is an address beside 127.0.0.1
  hostname localhost                 # a name that resolves, also where the machine's own does not
  head -c 128 /dev/urandom >"$cluster/munge/key"
  chmod 600 "$cluster/munge/key"
  cluster_configure >"$SLURM_CONF"
  munged --key-file="$cluster/munge/key" --socket="$cluster/munge/sock" --pid-file="$cluster/munge/pid" \
    --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed" || return 1
  slurmctld -i || return 1
  for node in n1 n2; do
    slurmd -N $node || return 1
  done
  while [ "$SECONDS" -lt "$end" ]; do
    [ "$(timeout 5 sinfo -h -o %T -t idle -N 2>/dev/null | wc -l)" -eq 2 ] && return
    sleep 0.1
  done
  return 1
}

if ! cluster_start >"$cluster/start" 2>&1; then
  cat "$cluster/start" "$cluster"/log/* 2>/dev/null | tail -n 20
  skip "the Slurm cluster does not start here (see above)"
fi
cd "$cluster/work" || exit 1
